// What a run found of RMAN's own records of our pieces, as an alert: somebody works on them, and will again.
import { RECORDS_CHECK, type RunPlan } from '@adyton/contracts';
import { raiseAlert, resolveAlerts } from './alerts';
import { type LedgerSession } from './ledger';
import { type RunRow } from './runs';

export async function noteRecords(tx: LedgerSession, run: RunRow, plan: RunPlan | null): Promise<void> {
  const check = plan?.checks.find(({ code }) => code === RECORDS_CHECK);
  if (check === undefined) return; // runs of logs do not look
  const about = { subject: run.database_id, principal: `host:${run.host_id}` };
  if (check.verdict === 'ok')
    await resolveAlerts(tx, {
      ...about,
      kinds: ['rman_records_changed'],
      resolution: `run ${run.id} found them right`,
    });
  else
    await raiseAlert(tx, {
      ...about,
      kind: 'rman_records_changed',
      databaseId: run.database_id,
      detail: `run ${run.id}: ${check.evidence}`,
      repeat: 'is-the-same', // a plan is stored more than once
    });
}
