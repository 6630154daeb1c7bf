// The time of the check, and what is left of it, with a program in the place of rman. What the lab's rman says is tested in test/workflow.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../../test/support/running-stack';
import { checkChannel } from './check-channel';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'channel-'));
  mkdirSync(join(home, 'bin'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function check(rman: string, login: () => Promise<null> = async () => null) {
  writeFileSync(join(home, 'bin', 'rman'), `#!/bin/sh\n${rman}\n`, { mode: 0o700 });
  const config = {
    ADYTON_SBT_LIBRARY: '/opt/adyton/lib/libobk.so',
    ADYTON_SBT_SOCKET: '/run/adyton/sbt.sock',
    ADYTON_STATE_DIR: home,
    ADYTON_INSTANCE_CHECK_SECONDS: 1,
  };
  return checkChannel(config, { oracleHome: home, oracleSid: 'ORCL1', connect: null, login });
}
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
const left = () => readdirSync(join(home, 'runs'));

it('S4.6 gives rman a script with a token file of its own, and leaves neither', async () => {
  const script = join(home, 'seen');
  const seesToken =
    'test -s "$(sed -n \'s/.*ADY_TOKEN_FILE=\\([^,]*\\).*/\\1/p\' "${4#cmdfile=}")" && echo RMAN-00000: token';
  const result = await check(
    `cp "\${4#cmdfile=}" ${script}; ${seesToken}; echo "Recovery Manager complete."`,
  );
  expect(result).toMatchObject({ code: 'channel', verdict: 'failed', evidence: 'RMAN-00000: token' });
  expect(readFileSync(script, 'utf8')).toMatch(
    /^RUN \{\n {2}SET COMMAND ID .*\n {2}ALLOCATE CHANNEL c1 .*\n\}\n$/,
  );
  expect(left()).toEqual([]);
});

it('S4.6 ends an rman that opens no channel in its time', async () => {
  const pidFile = join(home, 'pid');
  const result = await check(`echo $$ > ${pidFile}; trap '' INT; for i in $(seq 200); do sleep 0.1; done`);
  expect(result).toMatchObject({ verdict: 'failed', evidence: 'rman opened no channel within 0.75 s' });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await eventually(
    async () => runs(pid),
    (goesOn) => !goesOn,
    5_000,
  );
  expect(left()).toEqual([]);
});

it('S4.6 tells why there is no login', async () => {
  const result = await check('exit 0', () => Promise.reject(new Error('no such file')));
  expect(result).toMatchObject({ verdict: 'failed', evidence: 'no such file' });
});
