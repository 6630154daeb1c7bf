// What the product makes of RMAN's output: logs of the lab's rman, of jobs that went well and of every error stack it can print, then cut,
// mixed and damaged. Nothing is ever thrown, and nothing that was a failure is ever taken for success.
import { FAULTS, type FaultName } from '../../apps/lab/src/faults/rman-fault-catalog';
import { armFault, disarmFaults } from '../../apps/lab/src/faults/rman-faults';
import { LabHost } from '../../apps/lab/src/rman/testing/lab-host';
import { classifyRmanFailure, readRmanOutput } from '../../libs/rman/src/index';

jest.setTimeout(300_000);

/** Damaged logs that are read; seeded, so that a failure comes again. */
const DAMAGED_LOGS = Number(process.env['DAMAGED_RMAN_LOGS'] ?? 6_000);
const SEED = 20261126;
/** Stages a backup does not come to. */
const NOT_IN_A_BACKUP: readonly string[] = [
  'interrupt',
  'restore-plan',
  'recover',
  'maintenance',
  'delete-archived-log',
];
const ERROR_LINE = /^(RMAN|ORA)-\d{5}: /;
const FRAME = /^RMAN-005(69|71)/;
const NOISE = ['\u0000', '\uFEFF', 'é', '\t', '-', ':', '0', 'RMAN', 'ORA-', '\u2028', '😀', '"'];

let host: LabHost;
let good: string[];
let bad: string[];

beforeAll(async () => {
  host = await LabHost.create();
  const run = (statements: string) =>
    host.rman(`RUN { ALLOCATE CHANNEL c1 ${host.sbt()}; ALLOCATE CHANNEL c2 ${host.sbt()}; ${statements} }`);
  const ran = [run("BACKUP FILESPERSET 1 FORMAT 'a_%U' TAG whole DATABASE;")];
  for (const name of (Object.keys(FAULTS) as FaultName[]).filter(
    (n) => !NOT_IN_A_BACKUP.includes(FAULTS[n].stage),
  )) {
    armFault(host.base, { name, times: 8 });
    ran.push(
      run(
        "BACKUP FORMAT 'd_%U' DATAFILE 7; BACKUP FORMAT 'l_%U' ARCHIVELOG ALL; BACKUP FORMAT 'c_%U' CURRENT CONTROLFILE;",
      ),
    );
    disarmFaults(host.base);
  }
  good = ran.filter(({ code }) => code === 0).map(({ output }) => output);
  bad = ran.filter(({ code }) => code !== 0).map(({ output }) => output);
});
afterAll(() => host.remove());

function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One to four damages of a log, line by line or character by character. */
function damage(log: string, other: string, pick: (below: number) => number): string {
  let lines = log.split('\n');
  for (let i = 0; i <= pick(4); i += 1) {
    const at = pick(lines.length);
    const line = lines[at] ?? '';
    const column = pick(line.length + 1);
    const damages: (() => void)[] = [
      () => (lines = lines.slice(0, at)),
      () => lines.splice(at, 1),
      () => lines.splice(at, 0, line),
      () => lines.splice(at, 0, ...other.split('\n').slice(0, pick(20))),
      () => lines.splice(at, 1, line.slice(0, column)),
      () =>
        lines.splice(at, 1, line.slice(0, column) + (NOISE[pick(NOISE.length)] ?? '') + line.slice(column)),
      () => lines.splice(at, 1, line.slice(0, column) + line.slice(column + 1)),
      () => lines.splice(at, 2, line + (lines[at + 1] ?? '')),
      () => lines.splice(at, 1, `${line}\r`),
      () => lines.sort(() => pick(3) - 1),
    ];
    damages[pick(damages.length)]?.();
  }
  return lines.join('\n');
}

it('reads the whole logs as what they are, and classifies every failure', () => {
  expect(good.length).toBeGreaterThan(5);
  expect(bad.length).toBeGreaterThan(15);
  for (const log of good) expect(readRmanOutput(log).outcome).toEqual({ kind: 'clean' });
  for (const log of bad) {
    const { outcome } = readRmanOutput(log);
    if (outcome.kind === 'clean') throw new Error(`taken for success:\n${log}`);
    expect(classifyRmanFailure(outcome.stack).code).toMatch(/^ADY_/);
  }
});

it('takes no beginning of a log for success', () => {
  for (const log of [good[0] ?? '', bad[0] ?? '', bad.at(-1) ?? '']) {
    const end = log.lastIndexOf('Recovery Manager complete.');
    for (let at = 0; at < (end < 0 ? log.length : end); at += 7)
      expect(readRmanOutput(log.slice(0, at)).outcome.kind).toBe('errors');
  }
});

it('never throws, and takes no damaged log for success in which a line of a stack is left', () => {
  const pick = random(SEED);
  const failures = { left: 0, gone: 0 };
  for (let i = 0; i < DAMAGED_LOGS; i += 1) {
    const from = pick(3) === 0 ? good : bad;
    const log = damage(from[pick(from.length)] ?? '', bad[pick(bad.length)] ?? '', pick);
    const report = readRmanOutput(log);
    for (const { handle } of report.pieces) expect(handle).not.toBe('');
    const stackIsLeft = log
      .split(/\r?\n/)
      .some((l) => ERROR_LINE.test(l) && (FRAME.test(l) || !/warning/.test(l)));
    failures[stackIsLeft ? 'left' : 'gone'] += 1;
    if (stackIsLeft && report.outcome.kind === 'clean')
      throw new Error(`log ${i} is taken for success:\n${log}`);
    const stack = report.outcome.kind === 'clean' ? [] : report.outcome.stack;
    expect(classifyRmanFailure(stack).detail).not.toBe('');
  }
  expect(failures.left).toBeGreaterThan(DAMAGED_LOGS / 2);
});
