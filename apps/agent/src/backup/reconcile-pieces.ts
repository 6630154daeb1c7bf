// After RMAN: it said what it wrote, its own records list it, the vault holds it, and the three must agree on every piece. The recovery point's
// contents are put together from that, per data file with its base chain, and must be consistent: the logs cover every block read.
import { type RecoveryPointContents } from '@adyton/contracts';
import { compareScn } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { ownHandles } from '@adyton/rman';
import { encryptionKeysOf } from '../checks/judge-keystore';
import { RunFailure } from '../runs/run-failure';
import { type LostInstance } from '../instances/run-instances';
import { type BackupRun } from './backup-run';
import { type BackupPlan } from './compose-plan';
import { assertCovered, consistencyOf, type PointFiles } from './judge-consistency';
import { assertRedoSinceCreation } from './judge-late-files';
import { databaseOf, logContents, type BackedUpSets } from './point-contents';
import { missingInVault, ownPieces } from './own-pieces';
import { reconcileFiles, withoutUnrecoverable } from './reconcile-files';
import { logsOfOthers, withLogsNeeded } from './reconcile-logs';

interface Streamed {
  /** Handles of the pieces that RMAN said it had finished. */
  readonly reported: readonly string[];
  readonly lostInstances: readonly LostInstance[];
}

/** @throws RunFailure ADY_RECONCILE_FAILED, ADY_CHAIN_BROKEN, ADY_LOG_GAP */
export async function reconcilePieces(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
  streamed: Streamed,
): Promise<RecoveryPointContents> {
  const { lostInstances } = streamed;
  const own = await heldPieces(run, database, plan, streamed);
  const [allSets, redoLogs, facts] = await Promise.all([
    database.backupDataFiles(),
    database.backupRedoLogs(),
    database.dataFiles(),
  ]);
  const sets = oursFirst(allSets, plan.names.handlePrefix);
  const archivedLogs = redoLogs.filter((l) => own.has(l.handle)).map(logContents);
  const isOfLogs = plan.decision.level === 'archivelog';
  const found = isOfLogs ? NO_FILES : reconcileFiles(plan, { facts, sets, own });
  const inIncarnation = [...archivedLogs, ...(await logsOfOthers(run, found, { redoLogs, own }))].filter(
    (l) => compareScn(l.resetlogsScn, plan.identity.resetlogsScn) === 0,
  );
  const { files, recreated, redoMissing } = withoutUnrecoverable(found, inIncarnation);
  const dataFiles = files.map((f) => f.contents);
  const filePieces = dataFiles.flatMap((f) => [...f.handles, ...f.baseHandles]);
  const leftOutFiles = [...plan.leftOut.filter((l) => facts.some((f) => f.file === l.file)), ...redoMissing];
  const controlFileHandle = handleWith(own, '_CF_');
  if (controlFileHandle === null)
    throw new RunFailure('ADY_RECONCILE_FAILED', 'no piece that this run has holds the control file');
  const encryptionKeys = encryptionKeysOf(plan.encryptedTablespaces);
  assertNone(
    await missingInVault(
      run,
      [...new Set(filePieces)].filter((h) => !own.has(h)),
    ),
    NOT_IN_VAULT,
  );
  if (!isOfLogs) assertCovered(consistencyOf({ files, recreated: [] }, archivedLogs), inIncarnation);
  const consistency = consistencyOf({ files, recreated }, archivedLogs);
  assertRedoSinceCreation(recreated, inIncarnation, consistency);
  const logs = withLogsNeeded(archivedLogs, inIncarnation, consistency);
  return {
    ...databaseOf(plan.identity),
    level: plan.decision.level,
    tag: plan.tag,
    startedAt: plan.startedAt.toISOString(),
    completedAt: run.clock.now().toISOString(),
    ...consistency,
    dataFiles,
    leftOut: leftOutFiles,
    ...(recreated.length === 0 ? {} : { recreatedFiles: [...recreated] }),
    archivedLogs: logs,
    ...(plan.pluggables === null
      ? {}
      : { pluggableDatabases: plan.pluggables.map(({ uid, name }) => ({ uid, name })) }),
    ...(encryptionKeys.length === 0 ? {} : { encryptionKeys }),
    controlFileHandle,
    spfileHandle: handleWith(own, '_SP_'),
    ...(lostInstances.length === 0 ? {} : { lostInstances: [...lostInstances] }),
    closure: [...new Set([...own, ...filePieces, ...logs.map((l) => l.handle)])],
  };
}

const NO_FILES: PointFiles = { files: [], recreated: [] };

/** A file that does not change has bases of others at the same SCN: ours come first wherever one is chosen. */
function oursFirst(sets: BackedUpSets, handlePrefix: string): BackedUpSets {
  const isOurs = (set: BackedUpSets[number]): boolean =>
    set.handles.every((h) => h.startsWith(`${handlePrefix}/`));
  return [...sets.filter(isOurs), ...sets.filter((set) => !isOurs(set))];
}

/**
 * Every piece that RMAN says it finished must be on its record, and every piece on its record in the vault. Only what a lost instance had just
 * closed may be missing: its work was done again, and as a base it counts for nothing. What the vault alone has, RMAN gave up after it was closed.
 */
async function heldPieces(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
  { reported, lostInstances }: Streamed,
): Promise<ReadonlySet<string>> {
  const { held, missing } = await ownPieces(run, database, plan.names);
  if (lostInstances.length === 0) {
    assertNone(missing, NOT_IN_VAULT);
    const own = ownHandles(plan.names); // a configured autobackup is no piece of the run
    assertNone(
      reported.filter((handle) => handle.startsWith(own) && !held.has(handle)),
      'that RMAN said it had finished are not on its record',
    );
  }
  if (held.size === 0)
    throw new RunFailure(
      'ADY_RECONCILE_FAILED',
      'RMAN ended without an error, but recorded no piece of this run',
    );
  return held;
}

const NOT_IN_VAULT = 'that RMAN recorded are not in the vault';

/** @throws RunFailure ADY_RECONCILE_FAILED */
function assertNone(handles: readonly string[], whatIsWrong: string): void {
  if (handles.length === 0) return;
  throw new RunFailure(
    'ADY_RECONCILE_FAILED',
    `${handles.length} piece(s) ${whatIsWrong}: ${handles.slice(0, 5).join(', ')}`,
  );
}

function handleWith(handles: ReadonlySet<string>, mark: string): string | null {
  return [...handles].findLast((h) => h.includes(mark)) ?? null;
}
