/**
 * The control port of a lab process: a Unix socket beside the instance's own that answers even while the instance hangs or is down. One
 * JSON object a line in each direction: `{command, sid?, ...}` and `{ok: true, result}` or `{ok: false, error}`.
 */
import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { type HostFaultName, type HostFaultOptions, isHostFault } from '../faults/host-faults';
import { type ServedInstance } from './served-instance';

type ControlCommand =
  'status' | 'start' | 'stop' | 'crash' | 'hang' | 'resume' | 'fault-arm' | 'fault-clear' | 'fault-list';

export interface ControlRequest {
  command: ControlCommand;
  /** Absent where there is one instance only. */
  sid?: string;
  fault?: string;
  options?: HostFaultOptions;
}

type ControlAnswer = { ok: true; result: unknown } | { ok: false; error: string };

const OWNER_ONLY = 0o600;
const LINE_BYTES_MAX = 65_536;

/** Where the control socket of a process lies, by the socket of its (first) instance. */
export function controlSocketOf(ipcSocket: string): string {
  return `${ipcSocket}.ctl`;
}

/** Serves the instances of this process; answers how to stop. */
export async function serveControl(
  path: string,
  instances: readonly ServedInstance[],
): Promise<{ close: () => void }> {
  if (existsSync(path)) unlinkSync(path);
  const server = createServer((socket) => serveClient(socket, instances));
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(path, listening.resolve);
  await listening.promise;
  chmodSync(path, OWNER_ONLY);
  return { close: () => server.close() };
}

function serveClient(socket: Socket, instances: readonly ServedInstance[]): void {
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket }).on('line', (line) => {
    if (line.length > LINE_BYTES_MAX) {
      socket.destroy();
      return;
    }
    void answer(line, instances).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  });
}

async function answer(line: string, instances: readonly ServedInstance[]): Promise<ControlAnswer> {
  try {
    return { ok: true, result: (await run(JSON.parse(line) as ControlRequest, instances)) ?? null };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

async function run(request: ControlRequest, instances: readonly ServedInstance[]): Promise<unknown> {
  if (request.command === 'status') return instances.map(describe);
  const served = instances.find(({ file }) => request.sid === undefined || file.sid === request.sid);
  if (served === undefined) throw new RangeError(`no instance ${request.sid ?? ''}`);
  switch (request.command) {
    case 'start':
      await served.start('OPEN');
      return describe(served);
    case 'stop':
      await served.stop();
      return describe(served);
    case 'crash':
      served.crash();
      return describe(served);
    case 'hang':
      served.hang();
      return describe(served);
    case 'resume':
      served.resume();
      return describe(served);
    case 'fault-arm':
      await served.faults.arm(faultOf(request), request.options ?? {});
      return served.faults.list();
    case 'fault-clear':
      if (request.fault === undefined) await served.faults.clearAll();
      else await served.faults.clear(faultOf(request));
      return served.faults.list();
    case 'fault-list':
      return served.faults.list();
    default:
      throw new RangeError(`no such command: ${String(request.command)}`);
  }
}

function faultOf({ fault = '' }: ControlRequest): HostFaultName {
  if (!isHostFault(fault)) throw new RangeError(`no such fault: ${fault}`);
  return fault;
}

function describe(served: ServedInstance): Record<string, unknown> {
  const { file, state, instance } = served;
  return {
    ...{ pid: process.pid, sid: file.sid, state, number: instance.thread, listenerPort: served.listenerPort },
    ...{ pmon: served.pidOf('pmon') ?? null, lmon: served.pidOf('lmon') ?? null },
  };
}

/** Sends one request. Throws what the other side answered as an error; undefined when nobody is there. */
export async function askControl(path: string, request: ControlRequest): Promise<unknown> {
  const socket = connect(path);
  socket.end(`${JSON.stringify(request)}\n`);
  const reply = JSON.parse(await text(socket)) as ControlAnswer;
  if (!reply.ok) throw new Error(reply.error);
  return reply.result;
}
