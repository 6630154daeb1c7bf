// Step 3: every data file with its size and what is expected to be read from it, and the logs that wait. A failing estimate fails the
// run before RMAN backs anything up; zero data files are no success. Temp files are no data files and are in none of the views that are asked.
import { type RunPlan } from '@adyton/contracts';
import { estimateBackup, type LevelDecision } from '@adyton/domain';
import { OracleError, type DatabaseFacts } from '@adyton/oracle';
import { RunFailure } from '../runs/run-failure';
import { type DataFileFacts } from './backup-run';
import { type FinishedFiles } from './judge-resume';

export interface Estimate {
  readonly files: RunPlan['files'];
  /** Of the data files. */
  readonly bytesExpected: number;
}

/** @throws RunFailure ADY_ESTIMATE_FAILED, ADY_NO_DATA_FILES */
export async function estimateDataFiles(
  database: Pick<DatabaseFacts, 'lastLevel1'>,
  dataFiles: readonly DataFileFacts[],
  { decision, finished }: { readonly decision: LevelDecision; readonly finished: FinishedFiles },
): Promise<Estimate> {
  const lastLevel1 = await database.lastLevel1().catch((cause: unknown) => {
    if (!(cause instanceof OracleError)) throw cause;
    const lines = cause.oraCode === null ? [] : [cause.oraCode];
    throw new RunFailure('ADY_ESTIMATE_FAILED', cause.message, lines, { cause });
  });
  const estimate = estimateBackup({ files: dataFiles, levels: decision.files, lastLevel1, finished });
  if (estimate.kind === 'no-data-files') throw new RunFailure('ADY_NO_DATA_FILES', 'v$datafile has no row');
  const estimated = new Map(estimate.files.map((f) => [f.file, f]));
  const decided = new Map(decision.files.map((f) => [f.file, f]));
  const files = dataFiles.map((f) => ({
    file: f.file,
    name: f.name,
    bytes: f.bytes,
    bytesExpected: estimated.get(f.file)?.bytesExpected ?? 0,
    bytesToRead: estimated.get(f.file)?.bytesToRead ?? 0,
    method: estimated.get(f.file)?.method ?? null,
    level: decided.get(f.file)?.level ?? null,
    reason: decided.get(f.file)?.reason ?? null,
    baseHandle: decided.get(f.file)?.baseHandle ?? null,
    status: statusOf(f),
  }));
  return { files, bytesExpected: estimate.bytesExpected };
}

/** `ONLINE`, `SYSTEM`, `OFFLINE`, `RECOVER`, with `READ ONLY` or `DISABLED` where it is not written to, and why it cannot be read. */
function statusOf({ status, enabled, headerError }: DataFileFacts): string {
  const marks = [
    ...(enabled === 'READ WRITE' ? [] : [enabled]),
    ...(headerError === null ? [] : [headerError]),
  ];
  return [status, ...marks].join(', ');
}
