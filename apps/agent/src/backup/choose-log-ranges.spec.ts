import { rangesWithout } from './choose-log-ranges';

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
