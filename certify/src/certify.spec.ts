// The certification against the lab's own host: there everything it believes must be so, and a lab that is made to behave otherwise must be
// found out.
import { spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appMain, sbtLibrary } from '../../stack/src/repository';
import { runCommand, type CommandResult } from '../../stack/src/run-command';
import { LAB_SID, startLab, type Lab } from '../../stack/src/start-lab';
import { parseCsv } from './host/csv';
import { ask } from './host/sqlplus';
import { type JudgedReport } from './report';

jest.setTimeout(300_000);

const CERTIFY = join(__dirname, '..', '..', 'dist', 'certify', 'src', 'main.js');
let directory: string;
let lab: Lab;
let workload: ChildProcess;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'certify-test-'));
  const logsDir = join(directory, 'logs');
  mkdirSync(logsDir);
  lab = await startLab({ directory, databaseBytes: '24M', logsDir });
  await lab.ctl(['sql', 'ALTER SYSTEM ARCHIVE LOG CURRENT', '--sid', LAB_SID]);
  // somebody works in the database, as on a real host: bases end at different SCNs
  const args = ['workload', '--sid', LAB_SID, '--base', lab.base, '--transactions', '100000'];
  workload = spawn(process.execPath, [appMain('lab', 'labctl/main'), ...args, '--per-second-max', '5'], {
    stdio: 'ignore',
  });
});
afterAll(async () => {
  workload.kill();
  await lab.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function certify(
  name: string,
  args: readonly string[],
): Promise<CommandResult & { report: JudgedReport }> {
  const out = join(directory, name);
  const all = [CERTIFY, '--library', sbtLibrary, '--out', out, ...args];
  const result = await runCommand(process.execPath, all, {
    env: { ORACLE_HOME: lab.oracleHome, ORACLE_SID: LAB_SID },
  });
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as JudgedReport;
  return { ...result, report };
}

const host = () => ({ oracleHome: lab.oracleHome, oracleSid: LAB_SID });
const ourPieces = async () =>
  (await ask(host(), `SELECT handle FROM v$backup_piece WHERE handle LIKE 'adycert%' AND status <> 'D'`))
    .rows;
const outcomes = ({ verdicts }: JudgedReport, outcome: string) =>
  verdicts.filter((v) => v.outcome === outcome).map(({ id, evidence }) => `${id}: ${evidence}`);

it('finds all that the lab believes confirmed by the lab, and leaves nothing behind', async () => {
  const { code, report } = await certify('all', ['--yes', '--kill-channel', '--configure-exclude']);
  expect(outcomes(report, 'refuted')).toEqual([]);
  expect(outcomes(report, 'not-seen')).toEqual([]);
  expect([code, report.trouble]).toEqual([0, []]);
  expect(await ourPieces()).toEqual([]);
  const out = join(directory, 'all');
  expect((await ask(host(), 'SELECT name FROM v$rman_configuration')).rows).toEqual([]);
  expect(existsSync(join(out, 'vault'))).toBe(false);
  expect(readdirSync(join(out, 'queries'))).toContain('dataFiles.csv');
  expect(readdirSync(join(out, 'pieces'))).toContain('level0a-1.head');
  expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('| C2 | `parent-expired` |');
  expect(readFileSync(join(out, 'logs', 'closeRefused.log'), 'utf8')).toContain('ORA-19511');
});

it('finds out a lab that behaves otherwise', async () => {
  // CROSSCHECK then takes a piece for lost without asking the library
  await lab.ctl(['fault', 'arm', 'sbt-not-found', '--times', '2']);
  const { code, report } = await certify('mutated', ['--yes']);
  expect(code).toBe(3);
  expect(outcomes(report, 'refuted').join('\n')).toContain('crosscheck-asks-only-these');
  expect(report.verdicts.find(({ id }) => id === 'killed-channel')).toMatchObject({ outcome: 'not-seen' });
  expect(await ourPieces()).toEqual([]);
});

it('only asks questions when nobody consents', async () => {
  const { code, report } = await certify('asked', []);
  expect(code).toBe(0);
  expect(report.counts).toMatchObject({ confirmed: 1, refuted: 0 });
  expect(await ourPieces()).toEqual([]);
});

it('lets RMAN forget everything also when it is interrupted', async () => {
  const out = join(directory, 'interrupted');
  const args = [CERTIFY, '--library', sbtLibrary, '--out', out, '--yes'];
  const env = { ...process.env, ORACLE_HOME: lab.oracleHome, ORACLE_SID: LAB_SID };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.on('data', (text: Buffer) => {
    if (text.includes('level0b')) child.kill('SIGINT');
  });
  await new Promise((resolve) => child.once('close', resolve));
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as JudgedReport;
  expect(report.trouble).toEqual([expect.stringContaining('interrupted before step level1')]);
  expect(outcomes(report, 'confirmed').join('\n')).toContain('whole-media-blocks');
  expect(await ourPieces()).toEqual([]);
});

it('refuses a directory that holds anything else, and touches none of it', async () => {
  const out = join(directory, 'taken');
  mkdirSync(out);
  writeFileSync(join(out, 'thesis.txt'), 'mine');
  const env = { ORACLE_HOME: lab.oracleHome, ORACLE_SID: LAB_SID };
  const result = await runCommand(process.execPath, [CERTIFY, '--library', sbtLibrary, '--out', out], {
    env,
  });
  expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('thesis.txt')]);
  expect(readFileSync(join(out, 'thesis.txt'), 'utf8')).toBe('mine');
});

it('sends the database nothing but questions', async () => {
  await expect(ask(host(), 'ALTER SYSTEM SWITCH LOGFILE')).rejects.toThrow('certify only asks');
});

it('says that an instance does not answer instead of judging anything', async () => {
  const args = [CERTIFY, '--library', sbtLibrary, '--out', join(directory, 'none')];
  const env = { ORACLE_HOME: lab.oracleHome, ORACLE_SID: 'NOSUCH' };
  const { code, stderr } = await runCommand(process.execPath, args, { env });
  expect([code, stderr]).toEqual([2, expect.stringContaining('instance NOSUCH cannot be asked: ORA-01034')]);
});

it('reads what sqlplus prints: quotes, commas and line ends in cells, NULL, blank lines', () => {
  const csv = '\n"NAME","N"\n"a ""b"", c",1\n"two\nlines",\n\n';
  expect(parseCsv(csv)).toEqual([
    { NAME: 'a "b", c', N: '1' },
    { NAME: 'two\nlines', N: '' },
  ]);
  expect(parseCsv('\n\n')).toEqual([]);
});
