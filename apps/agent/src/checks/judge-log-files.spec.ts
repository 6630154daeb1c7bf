// Archived logs that wait on disks of this host, of others and of nobody.
import { judgeLogFiles } from './judge-log-files';

const log = (thread: number, sequence: number) => ({
  thread,
  sequence,
  name: `/local/${thread}_${sequence}.arc`,
});

it('S4.6 is content with logs that this host has', () => {
  expect(judgeLogFiles({ absent: [], waiting: 3, threadsTakingPart: new Set() })).toMatchObject({
    code: 'archived-log-files',
    verdict: 'ok',
    evidence: '3 log(s) wait',
  });
});

it('S4.6 leaves logs on a local disk to an instance with channels, and ends a run that has none there', () => {
  const reach = { absent: [log(2, 41), log(2, 42)], waiting: 5 };
  expect(judgeLogFiles({ ...reach, threadsTakingPart: new Set([2]) })).toMatchObject({ verdict: 'ok' });
  expect(judgeLogFiles({ ...reach, threadsTakingPart: new Set([3]) })).toMatchObject({
    verdict: 'failed',
    evidence:
      '2 log(s) are neither on this host nor on one whose instance takes part: thread 2 sequence 41 (/local/2_41.arc), thread 2 sequence 42 (/local/2_42.arc)',
  });
});
