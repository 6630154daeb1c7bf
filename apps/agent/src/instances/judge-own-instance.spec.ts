// Which failures another instance of the cluster may not have, so that the run may go there.
import { type ClaimedRun } from '@adyton/contracts';
import { OracleError } from '@adyton/oracle';
import { checkThat } from '../checks/check-that';
import { IneligibleInstance, RunFailure } from '../runs/run-failure';
import { failedByInstance } from './judge-own-instance';

const run = (fields: object = {}) =>
  ({ operation: 'backup', lane: 'data', database: { oracleSid: 'ORCL1' }, ...fields }) as ClaimedRun;
const failed = checkThat('dedup-worker', false, 'socket /s');
const ineligible = new IneligibleInstance('ADY_PRECHECK_FAILED', 'dedup-worker: socket /s', [failed]);
const away = new OracleError('unreachable', 'ORA-12514', 'ORA-12514: no such service');
const refused = new OracleError('query', 'ORA-01507', 'ORA-01507: database not mounted');

it('S4.5 names the checks that only this instance failed', () => {
  expect(failedByInstance(run(), ineligible, 'identity')).toEqual([
    { ...failed, verdict: 'ineligible', instance: 'ORCL1' },
  ]);
});

it('S4.5 counts an instance that does not answer, or cannot say who it is', () => {
  const login = { code: 'login', verdict: 'ineligible', instance: 'ORCL1' };
  for (const phase of ['identity', 'level', 'estimate', 'checks'] as const)
    expect(failedByInstance(run(), away, phase)).toMatchObject([{ ...login, evidence: away.message }]);
  expect(failedByInstance(run(), refused, 'identity')).toMatchObject([login]);
});

it('S4.5 leaves no instance for what the whole database fails, or refuses later', () => {
  const noArchivelog = new RunFailure('ADY_NOARCHIVELOG', 'log mode is NOARCHIVELOG');
  expect(failedByInstance(run(), noArchivelog, 'checks')).toEqual([]);
  expect(failedByInstance(run(), refused, 'level')).toEqual([]);
});

it('S4.5 leaves no instance once data may flow', () => {
  for (const phase of ['script', 'transfer', 'reconcile', 'commit'] as const) {
    expect(failedByInstance(run(), away, phase)).toEqual([]);
    expect(failedByInstance(run(), ineligible, phase)).toEqual([]);
  }
});

it('S4.5 leaves no instance with a restore or RMAN by hand', () => {
  expect(failedByInstance(run({ operation: 'restore', lane: 'restore' }), away, 'identity')).toEqual([]);
  expect(failedByInstance(run({ lane: 'external' }), away, 'identity')).toEqual([]);
});
