/** How a backup under way is ended from outside: SIGINT to rman, and ALTER SYSTEM KILL SESSION for its sessions. */
import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { armFault } from '../faults/rman-faults';
import { LabHost } from './testing/lab-host';

jest.setTimeout(120_000);

let host: LabHost;
beforeAll(async () => {
  host = await LabHost.create();
});
afterAll(() => host.remove());

interface Session {
  sid: string;
  serial: string;
  info: string;
  pid: number;
}

/** By their command id, as an agent looks for them. */
function sessions(): Promise<Session[]> {
  return host.withInstance(async (client) => {
    const sql =
      "SELECT sid, serial#, client_info, process FROM gv$session WHERE client_info LIKE 'id=ady:t%' ORDER BY sid";
    const { rows } = await client.query({ sql });
    return rows.map(([sid, serial, info, pid]) => ({
      ...{ sid: sid ?? '', serial: serial ?? '', info: info ?? '', pid: Number(pid) },
    }));
  });
}

async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (let i = 0; i < 300; i += 1) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await sleep(50);
  }
  throw new Error('not within 15 s');
}

/** A backup that RATE holds up for a minute. */
async function slowBackup(): Promise<{ rman: ChildProcess; output: () => string }> {
  const channel = (name: string) => `ALLOCATE CHANNEL ${name} ${host.sbt()} RATE 200K;`;
  const rman = host.startRman(
    `RUN { SET COMMAND ID TO 'ady:t'; ${channel('c1')} ${channel('c2')} BACKUP FILESPERSET 1 FORMAT 'x_%U' DATABASE; }`,
  );
  let text = '';
  rman.stdout?.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await until(sessions, (all) => all.length === 3);
  await until(
    async () => text,
    (all) => all.includes('starting piece'),
  );
  return { rman, output: () => text };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function exitOf(rman: ChildProcess): Promise<void> {
  if (rman.exitCode === null && rman.signalCode === null) await once(rman, 'exit');
}

it('SET COMMAND ID names rman’s own session and its channels in v$session', async () => {
  const { rman } = await slowBackup();
  expect((await sessions()).map(({ info }) => info).sort()).toEqual([
    'id=ady:t',
    'id=ady:t,rman channel=c1',
    'id=ady:t,rman channel=c2',
  ]);
  rman.kill('SIGINT');
  await exitOf(rman);
});

it('SIGINT ends the command with ORA-01013 and leaves no session and no piece', async () => {
  const before = host.pieces();
  const { rman, output } = await slowBackup();
  rman.kill('SIGINT');
  await exitOf(rman);
  expect(rman.exitCode).toBe(1);
  expect(output()).toContain('ORA-01013: user requested cancel of current operation');
  await until(sessions, (all) => all.length === 0);
  expect(host.pieces()).toEqual(before);
});

it('an rman that ignores SIGINT, and is killed, leaves server processes that end by themselves', async () => {
  armFault(host.base, { name: 'interrupt-ignored', times: 1 });
  const { rman } = await slowBackup();
  const processes = (await sessions()).filter(({ info }) => info.includes('channel')).map(({ pid }) => pid);
  process.kill(-(rman.pid ?? 0), 'SIGINT');
  await sleep(500);
  expect(await sessions()).toHaveLength(3);
  process.kill(-(rman.pid ?? 0), 'SIGKILL');
  await exitOf(rman);
  await until(sessions, (all) => all.length === 0);
  await until(
    async () => processes.filter(isAlive),
    (left) => left.length === 0,
  );
});

it('KILL SESSION ends a channel, and that of rman itself ends all', async () => {
  armFault(host.base, { name: 'interrupt-ignored', times: 1 });
  const { rman, output } = await slowBackup();
  const all = await sessions();
  const kill = (info: string): Promise<unknown> => {
    const { sid, serial } = all.find((session) => session.info === info) ?? { sid: '0', serial: '0' };
    const sql = `ALTER SYSTEM KILL SESSION '${sid},${serial},@1' IMMEDIATE`;
    return host.withInstance((client) => client.query({ sql }));
  };
  await kill('id=ady:t,rman channel=c2');
  await until(sessions, (left) => left.length === 2);
  await kill('id=ady:t');
  await exitOf(rman);
  expect(rman.exitCode).toBe(1);
  expect(output()).toContain('ORA-00028: your session has been killed');
  await until(sessions, (left) => left.length === 0);
  await expect(kill('id=ady:t')).rejects.toThrow('ORA-00030');
});
