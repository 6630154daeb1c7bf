import { type Scn } from '@adyton/domain';
import { chooseLogRanges, type LogQuestion } from './choose-log-ranges';

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
