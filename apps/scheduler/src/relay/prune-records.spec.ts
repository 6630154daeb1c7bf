// What the scheduler removes in one look, on a real ledger.
import { reasonOf } from '@adyton/contracts';
import { appendLog, failRun, findRun, keptSeconds, listAuditEvents, readLog } from '@adyton/ledger';
import { useLedger, runningRun } from '../../../../libs/ledger/src/testing/ledger-fixture';
import { pruneRecords } from './prune-records';

const fixture = useLedger();

const DAY_SECONDS = 86_400;

it('is what is older than its time, and of the audit trail what is older than the operator says', async () => {
  const { ledger, databaseId } = fixture;
  const { session } = ledger;
  const look = (auditKeptDays: number): Promise<void> => pruneRecords({ ledger, auditKeptDays }).run();
  const [old, newest] = [await failedRun(), await failedRun()];
  await fixture.moveClock(keptSeconds('requests') + DAY_SECONDS);
  await look(1_000);
  expect(await findRun(session, old)).toBeUndefined();
  expect(await findRun(session, newest)).toMatchObject({ logKeptUntil: expect.any(String) as string });
  expect(await readLog(session, newest)).toMatchObject({ text: '' });
  expect(await listAuditEvents(session, old)).not.toEqual([]);
  await look(400);
  expect(await listAuditEvents(session, old)).toEqual([]);
  expect(await listAuditEvents(session, newest)).not.toEqual([]);

  async function failedRun() {
    const run = await runningRun(fixture, databaseId);
    await appendLog(session, { ...run, text: 'RMAN-03009' });
    await failRun(session, { ...run, outcome: 'failed', reason: reasonOf('ADY_RMAN_FAILED', 'RMAN-03009') });
    return run.runId;
  }
});
