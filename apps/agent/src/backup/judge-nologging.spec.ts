// When changes without redo are warned of, and when a backup covers them.
import { parseScn } from '@adyton/domain';
import { judgeNologging } from './judge-nologging';

const scn = (n: number) => parseScn(String(n));
const file = (number: number, unrecoverable: number) => ({
  file: number,
  name: `/u02/f${number}.dbf`,
  unrecoverableScn: scn(unrecoverable),
});
const bases = new Map([
  [1, scn(100)],
  [2, scn(100)],
]);

it('S2.9 warns of changes without redo above the last backup of a file, with their range', () => {
  const check = judgeNologging([file(1, 150), file(2, 100)], bases);
  expect(check).toMatchObject({ code: 'nologging', verdict: 'warning' });
  expect(check.evidence).toContain('file 1');
  expect(check.evidence).toContain('between SCN 100 and 150');
  expect(check.evidence).not.toContain('file 2');
});

it('S2.9 does not warn of what was never changed without redo or is covered', () => {
  expect(judgeNologging([file(1, 0), file(2, 100)], bases).verdict).toBe('ok');
  expect(judgeNologging([file(3, 7)], bases).verdict).toBe('warning');
});
