// Which archived logs a run takes, and what a hole in them means for a log backup and for a full one.
import { type Scn } from '@adyton/domain';
import { chooseLogRanges, rangesWithout, type LogQuestion } from './choose-log-ranges';

const RESETLOGS = '1' as Scn;
const log = (thread: number, sequence: number, resetlogsScn = RESETLOGS) => ({
  thread,
  sequence,
  resetlogsScn,
});
const choose = (question: Partial<LogQuestion>) =>
  chooseLogRanges({ onDisk: [], lastInVault: [], resetlogsScn: RESETLOGS, acrossGaps: false, ...question });

it('takes everything behind what the vault holds, per thread', () => {
  const onDisk = [log(2, 8), log(1, 5), log(1, 6), log(1, 4), log(2, 9), log(1, 6)];
  expect(choose({ onDisk, lastInVault: [log(1, 4)] })).toEqual({
    kind: 'ranges',
    gaps: [],
    ranges: [
      { thread: 1, fromSequence: 5, untilSequence: 6 },
      { thread: 2, fromSequence: 8, untilSequence: 9 },
    ],
  });
});

it('looks at one incarnation only', () => {
  const old = '0' as Scn;
  expect(choose({ onDisk: [log(1, 1), log(1, 90, old)], lastInVault: [log(1, 89, old)] })).toMatchObject({
    ranges: [{ thread: 1, fromSequence: 1, untilSequence: 1 }],
  });
});

it('S5.13 names the log that somebody deleted before we had it', () => {
  const lastInVault = [log(1, 4)];
  expect(choose({ onDisk: [log(1, 6), log(1, 7)], lastInVault })).toEqual({
    kind: 'gap',
    thread: 1,
    missingSequence: 5,
  });
  expect(choose({ onDisk: [log(1, 5), log(1, 7)], lastInVault })).toMatchObject({ missingSequence: 6 });
});

it('S5.13 lets a full backup go on behind it, with the logs on both sides', () => {
  const onDisk = [log(1, 5), log(1, 7), log(1, 8)];
  expect(choose({ onDisk, lastInVault: [log(1, 4)], acrossGaps: true })).toEqual({
    kind: 'ranges',
    ranges: [
      { thread: 1, fromSequence: 5, untilSequence: 5 },
      { thread: 1, fromSequence: 7, untilSequence: 8 },
    ],
    gaps: [{ thread: 1, missingSequence: 6 }],
  });
});

const range = (fromSequence: number, untilSequence: number, thread = 1) => ({
  thread,
  fromSequence,
  untilSequence,
});
const logs = (...sequences: number[]) => sequences.map((sequence) => ({ thread: 1, sequence }));

it.each([
  ['nothing is done', logs(), [range(5, 9)]],
  ['the first ones are done', logs(5, 6), [range(7, 9)]],
  ['the last ones are done', logs(9, 8), [range(5, 7)]],
  ['some in between are done', logs(6, 8), [range(5, 5), range(7, 7), range(9, 9)]],
  ['others are done', logs(4, 10), [range(5, 9)]],
  ['all are done', logs(5, 6, 7, 8, 9), []],
])('takes what is left of a range of logs when %s', (_when, done, left) => {
  expect(rangesWithout([range(5, 9)], done)).toEqual(left);
});

it('keeps the threads apart', () => {
  expect(rangesWithout([range(5, 6), range(5, 6, 2)], logs(5, 6))).toEqual([range(5, 6, 2)]);
});
