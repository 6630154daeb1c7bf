// A lab is whole or not there: what starts beside a part that fails is stopped again.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './run-command';
import { startLab } from './start-lab';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'adyton-lab-start-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Command lines of the processes that work in this test's directory. */
function processesHere(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLineOf)
    .filter((commandLine) => commandLine.includes(directory));
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it ended while it was looked at
  }
}

it('leaves no object store behind when the instance does not start', async () => {
  const bin = join(directory, 'oracle', 'oracle_home', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'rman'), 'looks like a database that was made before');
  const start = startLab({ directory, databaseBytes: '8M', logsDir: join(directory, 'logs') });
  await expect(start).rejects.toThrow(/lab-instance ended/);
  expect(processesHere()).toEqual([]);
});

it('ends the instances that RMAN started beside its own', async () => {
  const logsDir = join(directory, 'logs');
  mkdirSync(logsDir);
  const lab = await startLab({ directory, databaseBytes: '8M', logsDir });
  const script = join(directory, 'startup.rman');
  writeFileSync(script, 'STARTUP NOMOUNT;\n');
  const env = { ORACLE_HOME: lab.oracleHome, ORACLE_SID: 'COPY' };
  await mustRun(join(lab.oracleHome, 'bin', 'rman'), ['target', '/', `cmdfile=${script}`], { env });
  expect(processesHere().filter((commandLine) => commandLine.includes('--sid COPY'))).toHaveLength(1);
  await lab.stop();
  expect(processesHere()).toEqual([]);
}, 60_000);
