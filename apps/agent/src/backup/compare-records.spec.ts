// RMAN's records against the vault: each way in which somebody can spoil them, and what a run then says.
import { compareRecords, type RecordGaps } from './compare-records';
import { judgeRecords } from './judge-records';

const held = (...handles: string[]) => handles.map((handle) => ({ handle, unneeded: false }));
const recorded = (handle: string, status: string) => ({ handle, status });
const NONE: RecordGaps = { expired: [], forgotten: [], leftForRelease: [] };

it('finds nothing to put right when every piece is available, or made unavailable on purpose', () => {
  const found = compareRecords(held('k/1', 'k/2'), [recorded('k/1', 'A'), recorded('k/2', 'U')]);
  expect(found).toEqual(NONE);
  expect(judgeRecords({ found, left: found, failure: null })).toMatchObject({ verdict: 'ok' });
});

it('tells what is marked expired from what is on no record; a row of a deleted piece is none', () => {
  const found = compareRecords(held('k/1', 'k/2', 'k/3'), [recorded('k/1', 'X'), recorded('k/2', 'D')]);
  expect(found).toEqual({ ...NONE, expired: ['k/1'], forgotten: ['k/2', 'k/3'] });
});

it('passes over an expired record of a piece that has an available one', () => {
  expect(compareRecords(held('k/1'), [recorded('k/1', 'X'), recorded('k/1', 'A')])).toEqual(NONE);
});

it('leaves what nothing needs to its release, and says so without a warning', () => {
  const found = compareRecords([{ handle: 'k/1', unneeded: true }], []);
  expect(found).toEqual({ ...NONE, leftForRelease: ['k/1'] });
  const check = judgeRecords({ found, left: found, failure: null });
  expect(check).toMatchObject({ code: 'rman-records', verdict: 'ok' });
  expect(check.evidence).toBe('1 piece(s) on no record and not needed, waiting for release: k/1');
});

it('does not look at records of pieces that the vault does not hold', () => {
  expect(compareRecords([], [recorded('other/1', 'X')])).toEqual(NONE);
});

it('warns of what was put right and of what was not, with how many and which', () => {
  const expired = ['k/1', 'k/2', 'k/3', 'k/4', 'k/5', 'k/6'];
  const check = judgeRecords({
    found: { ...NONE, expired, forgotten: ['k/7', 'k/8'] },
    left: { ...NONE, forgotten: ['k/8'] },
    failure: 'ADY_VAULT_DAMAGED: pack is missing',
  });
  expect(check.verdict).toBe('warning');
  expect(check.evidence.split('; ')).toEqual([
    '6 piece(s) marked expired by somebody and available again: k/1, k/2, k/3, k/4, k/5, …',
    '1 piece(s) gone from the record and cataloged again: k/7',
    '1 piece(s) gone from the record: k/8',
    'not all could be put right: ADY_VAULT_DAMAGED: pack is missing',
  ]);
});
