/**
 * The instance process: `main.js --base DIR --sid ORCL [--mount | --nomount] [--cache-bytes N] [--split-writes]`. Prints one JSON line
 * on stdout when clients may come (`instance.open`) and one at the end (`instance.closed`), errors on stderr. SIGTERM and SIGINT shut down cleanly; a
 * killed process, or one whose pmon was killed, is put right by the next start.
 */
import { parseArgs } from 'node:util';
import { useDiskFaultsOf } from '../engine/disk-faults';
import { controlSocketOf, serveControl } from './control-server';
import { Instance } from './instance';
import { hostPaths, readInstanceFile } from './oracle-home';
import { ORA, OraError } from './ora-error';
import { ServedInstance } from './served-instance';

let clockSkewMs = 0;
const now = () => new Date(Date.now() + clockSkewMs);
/** After this a clean shutdown gives up and the process ends as it is. */
const SHUTDOWN_TIMEOUT_MS = 5_000;

const OPTIONS = {
  base: { type: 'string' },
  sid: { type: 'string' },
  mount: { type: 'boolean', default: false },
  nomount: { type: 'boolean', default: false },
  'cache-bytes': { type: 'string' },
  'split-writes': { type: 'boolean', default: false },
} as const;

/** Starts the instance and answers when it is open (or mounted, or started); the process then lives until a shutdown. */
export async function runInstance(argv: string[]): Promise<void> {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  const { base, sid } = values;
  if (base === undefined || sid === undefined)
    throw new OraError(ORA.badCommand, '--base and --sid are required');
  const oracleHome = hostPaths.oracleHome(base);
  const file = readInstanceFile(oracleHome, sid);
  if (file === undefined) throw new OraError(ORA.notStarted, `${oracleHome} knows no instance ${sid}`);
  useDiskFaultsOf(base);
  let recovery: object | undefined;
  const stopped = Promise.withResolvers<void>();
  const instance = new Instance({
    sid,
    base,
    oracleHome,
    now,
    splitWrites: values['split-writes'],
    ...(values['cache-bytes'] === undefined ? {} : { cacheBytes: Number(values['cache-bytes']) }),
    onOpen: (done) => {
      recovery = done;
    },
    // As a background process that dies takes the instance with it; the next start recovers.
    onFatal: fail,
    onShutdown: () => {
      stopped.resolve();
    },
  });
  const served = new ServedInstance(instance, {
    file,
    background: ['pmon'],
    onCrash: () => {
      fail(new Error(`instance ${sid} crashed`));
    },
    setClockSkew: (milliseconds) => {
      clockSkewMs = milliseconds;
    },
  });
  await served.start(modeOf(values));
  const control = await serveControl(controlSocketOf(file.ipcSocket), [served]);
  onSignals(instance);
  print('instance.open', {
    ...instance.identity(),
    ipcSocket: file.ipcSocket,
    service: file.service,
    recovery,
  });
  await stopped.promise;
  // The client that asked for the shutdown still gets its answer.
  await new Promise(setImmediate);
  await served.end();
  control.close();
  print('instance.closed', { sid });
}

function modeOf({ mount, nomount }: { mount: boolean; nomount: boolean }): 'NOMOUNT' | 'MOUNT' | 'OPEN' {
  if (nomount) return 'NOMOUNT';
  return mount ? 'MOUNT' : 'OPEN';
}

function onSignals(instance: Instance): void {
  const stop = () => {
    setTimeout(() => {
      fail(new Error('shutdown took too long'));
    }, SHUTDOWN_TIMEOUT_MS).unref();
    if (instance.status !== 'DOWN') instance.shutdown('IMMEDIATE').catch(fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function print(event: string, fields: Record<string, unknown>): void {
  process.stdout.write(JSON.stringify({ event, at: now().toISOString(), ...fields }) + '\n');
}

function fail(error: unknown): void {
  process.stderr.write(`instance: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

if (require.main === module) runInstance(process.argv.slice(2)).catch(fail);
