// Before the level is decided RMAN's records are put right: RMAN picks the base of a level 1 from them. What cannot be put right is told and
// ends no run: a file whose base is not available gets level 0.
import { composeRecordsScript, printScript } from '@adyton/rman';
import { type DatabaseFacts } from '@adyton/oracle';
import { channelsOf, namesOf, type BackupRun, type Identity } from './backup-run';
import { findRecordGaps, type RecordGaps } from './compare-records';
import { judgeRecords } from './judge-records';
import { runRecordsScript } from './run-records-script';
import { type RecordsJudged } from './survey-database';

/** RMAN is started only when there is something to put right. @throws AdytonError, OracleError; RunFailure when the run was stopped */
export async function healRecords(
  run: BackupRun,
  database: DatabaseFacts,
  identity: Identity,
): Promise<RecordsJudged> {
  const found = await findRecordGaps(run, database, identity);
  const { expired, forgotten } = found;
  if (expired.length + forgotten.length === 0)
    return { check: judgeRecords({ found, left: found, failure: null }), script: null };
  const text = printScript(
    composeRecordsScript({ channels: channelsOf(run), crosscheck: expired, catalog: forgotten }),
  );
  const script = { step: 'records', text } as const;
  const failure = await runRecordsScript(run, script, namesOf(run, identity));
  const left = await findRecordGaps(run, database, identity);
  log(run, { found, left, failure });
  return { check: judgeRecords({ found, left, failure }), script };
}

function log(
  { log, claimed }: BackupRun,
  { found, left, failure }: { found: RecordGaps; left: RecordGaps; failure: string | null },
): void {
  const facts = { runId: claimed.runId, expired: found.expired.length, forgotten: found.forgotten.length };
  const isWhole = left.expired.length + left.forgotten.length === 0;
  log.warn({ ...facts, failure }, isWhole ? 'records.healed' : 'records.not-healed');
}
