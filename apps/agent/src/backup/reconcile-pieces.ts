// After RMAN: its own records say what it wrote, the vault says what it holds, and the two must agree on every piece. The recovery point's
// contents are put together from that, per data file with its base chain, and must be consistent: the logs cover every block read.
import { type RecoveryPointContents } from '@adyton/contracts';
import { compareScn } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { encryptionKeysOf } from '../checks/judge-keystore';
import { RunFailure } from '../runs/run-failure';
import { type LostInstance } from '../instances/run-instances';
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
import { missingInVault, ownPieces } from './own-pieces';

/** @throws RunFailure ADY_RECONCILE_FAILED, ADY_CHAIN_BROKEN, ADY_LOG_GAP */
export async function reconcilePieces(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
  lostInstances: readonly LostInstance[],
): Promise<RecoveryPointContents> {
  const own = await heldPieces(run, database, plan, lostInstances);
  const [allSets, redoLogs, facts] = await Promise.all([
    database.backupDataFiles(),
    database.backupRedoLogs(),
    database.dataFiles(),
  ]);
  const sets = oursFirst(allSets, plan.names.handlePrefix);
  const archivedLogs = redoLogs.filter((l) => own.has(l.handle)).map(logContents);
  const inIncarnation = [...archivedLogs, ...earlierLogs(redoLogs, own)].filter(
    (l) => compareScn(l.resetlogsScn, plan.identity.resetlogsScn) === 0,
  );
  const backedUp = plan.decision.level === 'archivelog' ? [] : reconcileFiles(plan, { facts, sets, own });
  const { files, redoMissing } = withoutUnrecoverable(backedUp, inIncarnation);
  const dataFiles = files.map((f) => f.contents);
  const leftOutFiles = [...plan.leftOut.filter((l) => facts.some((f) => f.file === l.file)), ...redoMissing];
  const controlFileHandle = handleWith(own, '_CF_');
  const encryptionKeys = encryptionKeysOf(plan.encryptedTablespaces);
  const bases = new Set(dataFiles.flatMap((f) => f.baseHandles));
  assertNoneMissing(await missingInVault(run, [...bases]));
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
    ...(encryptionKeys.length === 0 ? {} : { encryptionKeys }),
    controlFileHandle,
    spfileHandle: handleWith(own, '_SP_'),
    ...(lostInstances.length === 0 ? {} : { lostInstances: [...lostInstances] }),
    closure: [...new Set([...own, ...bases])],
  };
}

/** A file that does not change has bases of others at the same SCN: ours come first wherever one is chosen. */
function oursFirst(sets: BackedUpSets, handlePrefix: string): BackedUpSets {
  const isOurs = (set: BackedUpSets[number]): boolean =>
    set.handles.every((h) => h.startsWith(`${handlePrefix}/`));
  return [...sets.filter(isOurs), ...sets.filter((set) => !isOurs(set))];
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
  // the last one: what was begun on an instance that was lost is done again
  const set = sets.findLast(
    (s) => s.file === facts.file && s.level !== null && s.handles.every((h) => own.has(h)),
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

/**
 * Every piece RMAN recorded for us must be in the vault. Only what a lost instance had just closed may be missing: its work was done again,
 * and as a base it counts for nothing.
 */
async function heldPieces(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
  lostInstances: readonly LostInstance[],
): Promise<ReadonlySet<string>> {
  const { held, missing } = await ownPieces(run, database, plan.names);
  if (lostInstances.length === 0) assertNoneMissing(missing);
  if (held.size === 0)
    throw new RunFailure(
      'ADY_RECONCILE_FAILED',
      'RMAN ended without an error, but recorded no piece of this run',
    );
  return held;
}

/** @throws RunFailure ADY_RECONCILE_FAILED */
function assertNoneMissing(missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new RunFailure(
    'ADY_RECONCILE_FAILED',
    `${missing.length} piece(s) that RMAN recorded are not in the vault: ${missing.slice(0, 5).join(', ')}`,
  );
}

function handleWith(handles: ReadonlySet<string>, mark: string): string | null {
  return [...handles].findLast((h) => h.includes(mark)) ?? null;
}
