// After RMAN: its own records say what it wrote, the vault says what it holds, and the two must agree on every piece. The recovery point's
// contents are put together from that, per data file with its base chain, and must be consistent: the logs cover every block read.
import { type RecoveryPointContents } from '@adyton/contracts';
import { compareScn } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { ownHandles } from '@adyton/rman';
import { RunFailure } from '../runs/run-failure';
import { type BackupRun, type DataFileFacts } from './backup-run';
import { type BackupPlan } from './compose-plan';
import { leftOut, type LeftOutFile } from './judge-access';
import {
  assertCovered,
  consistencyOf,
  findRedoGap,
  needsRecovery,
  type ReconciledFile,
} from './judge-consistency';
import {
  databaseOf,
  fileContents,
  logContents,
  type BackedUpLogs,
  type BackedUpSets,
  type FileContents,
  type LogContents,
} from './point-contents';

/** @throws RunFailure ADY_RECONCILE_FAILED, ADY_CHAIN_BROKEN, ADY_LOG_GAP */
export async function reconcilePieces(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
): Promise<RecoveryPointContents> {
  const prefix = ownHandles(plan.names);
  const [pieces, sets, redoLogs, facts] = await Promise.all([
    database.backupPieces(`${prefix}%`),
    database.backupDataFiles(),
    database.backupRedoLogs(),
    database.dataFiles(),
  ]);
  const own = new Set(
    pieces.filter((p) => p.status === 'A' && p.handle.startsWith(prefix)).map((p) => p.handle),
  );
  const archivedLogs = redoLogs.filter((l) => own.has(l.handle)).map(logContents);
  const inIncarnation = [...archivedLogs, ...earlierLogs(redoLogs, own)].filter(
    (l) => compareScn(l.resetlogsScn, plan.identity.resetlogsScn) === 0,
  );
  const backedUp = plan.decision.level === 'archivelog' ? [] : reconcileFiles(plan, { facts, sets, own });
  const { files, redoMissing } = withoutUnrecoverable(backedUp, inIncarnation);
  const dataFiles = files.map((f) => f.contents);
  const leftOutFiles = [...plan.leftOut.filter((l) => facts.some((f) => f.file === l.file)), ...redoMissing];
  const controlFileHandle = handleWith(own, '_CF_');
  const closure = [...new Set([...own, ...dataFiles.flatMap((f) => f.baseHandles)])];
  await assertInVault(run, closure);
  const consistency = consistencyOf(files, archivedLogs);
  if (plan.decision.level !== 'archivelog') assertCovered(consistency, inIncarnation);
  return {
    ...databaseOf(plan.identity),
    level: plan.decision.level,
    tag: plan.tag,
    startedAt: plan.startedAt.toISOString(),
    completedAt: run.clock.now().toISOString(),
    ...consistency,
    dataFiles,
    leftOut: leftOutFiles,
    archivedLogs,
    ...(plan.pluggables === null
      ? {}
      : { pluggableDatabases: plan.pluggables.map(({ uid, name }) => ({ uid, name })) }),
    controlFileHandle,
    spfileHandle: handleWith(own, '_SP_'),
    closure,
  };
}

/** Every file of the database is in the pieces of this run, or was left out by the plan, which named it. */
function reconcileFiles(
  plan: BackupPlan,
  { facts, sets, own }: { facts: readonly DataFileFacts[]; sets: BackedUpSets; own: ReadonlySet<string> },
): ReconciledFile[] {
  const planned = new Set(plan.leftOut.map((f) => f.file));
  return facts
    .filter((f) => !planned.has(f.file))
    .map((f) => ({ facts: f, contents: dataFileContents(f, sets, own) }));
}

/** A file that was taken offline without its tablespace can be restored, but is of no use without the redo since then. */
function withoutUnrecoverable(
  files: readonly ReconciledFile[],
  logs: readonly LogContents[],
): { files: ReconciledFile[]; redoMissing: LeftOutFile[] } {
  const { consistentScn } = consistencyOf(
    files.filter((f) => !needsRecovery(f)),
    [],
  );
  const lacksRedo = (f: ReconciledFile): boolean =>
    needsRecovery(f) && findRedoGap(logs, f.contents.checkpointScn, consistentScn) !== null;
  return {
    files: files.filter((f) => !lacksRedo(f)),
    redoMissing: files.filter(lacksRedo).map(({ facts, contents }) => {
      const detail = `it is offline and needs the redo since SCN ${contents.checkpointScn}, which is not in the vault`;
      return leftOut(facts, 'redo-missing', detail);
    }),
  };
}

function dataFileContents(facts: DataFileFacts, sets: BackedUpSets, own: ReadonlySet<string>): FileContents {
  const set = sets.find(
    (s) => s.file === facts.file && s.level !== null && s.handles.some((h) => own.has(h)),
  );
  if (set === undefined)
    throw new RunFailure(
      'ADY_RECONCILE_FAILED',
      `data file ${facts.file} (${facts.name}) is in no piece of this run`,
    );
  return fileContents(facts, set, sets);
}

/** Logs that other runs of ours put into the vault; they may carry the redo between the data files' checkpoints and our first log. */
function earlierLogs(logs: BackedUpLogs, own: ReadonlySet<string>): LogContents[] {
  return logs.filter((l) => !own.has(l.handle)).map(logContents);
}

/** Every piece RMAN recorded for us must be in the vault, and the bases with it. */
async function assertInVault(run: BackupRun, closure: readonly string[]): Promise<void> {
  if (closure.length === 0)
    throw new RunFailure(
      'ADY_RECONCILE_FAILED',
      'RMAN ended without an error, but recorded no piece of this run',
    );
  const VAULT_WAIT_MS = 15_000;
  const POLL_MS = 500;
  let missing = [...closure];
  for (let waitedMs = 0; waitedMs <= VAULT_WAIT_MS; waitedMs += POLL_MS) {
    const known = await run.controlPlane.handlesInVault(run.claimed.database.id, missing);
    missing = missing.filter((h) => !known.has(h));
    if (missing.length === 0) return;
    await run.lease.pause(POLL_MS); // the dedup-worker tells the ledger of closed pieces every second
  }
  throw new RunFailure(
    'ADY_RECONCILE_FAILED',
    `${missing.length} piece(s) that RMAN recorded are not in the vault: ${missing.slice(0, 5).join(', ')}`,
  );
}

function handleWith(handles: ReadonlySet<string>, mark: string): string | null {
  return [...handles].find((h) => h.includes(mark)) ?? null;
}
