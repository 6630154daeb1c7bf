// After RMAN: it said what it wrote, its own records list it, the vault holds it, and the three must agree on every piece. The recovery point's
// contents are put together from that, per data file with its base chain, and must be consistent: the logs cover every block read.
import { type RecoveryPointContents } from '@adyton/contracts';
import { compareScn } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { ownHandles } from '@adyton/rman';
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
  type BackedUpSets,
  type FileContents,
  type LogContents,
} from './point-contents';
import { whyOutdated } from './judge-resume';
import { missingInVault, ownPieces } from './own-pieces';
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
  const backedUp = plan.decision.level === 'archivelog' ? [] : reconcileFiles(plan, { facts, sets, own });
  const inIncarnation = [...archivedLogs, ...(await logsOfOthers(run, backedUp, { redoLogs, own }))].filter(
    (l) => compareScn(l.resetlogsScn, plan.identity.resetlogsScn) === 0,
  );
  const { files, redoMissing } = withoutUnrecoverable(backedUp, inIncarnation);
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
  const consistency = consistencyOf(files, archivedLogs);
  if (plan.decision.level !== 'archivelog') assertCovered(consistency, inIncarnation);
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

/** A file that does not change has bases of others at the same SCN: ours come first wherever one is chosen. */
function oursFirst(sets: BackedUpSets, handlePrefix: string): BackedUpSets {
  const isOurs = (set: BackedUpSets[number]): boolean =>
    set.handles.every((h) => h.startsWith(`${handlePrefix}/`));
  return [...sets.filter(isOurs), ...sets.filter((set) => !isOurs(set))];
}

/** Every file of the database is in the pieces of this run or of the attempt that finished it, or was left out by the plan, which named it. */
function reconcileFiles(
  { leftOut, finished }: BackupPlan,
  { facts, sets, own }: { facts: readonly DataFileFacts[]; sets: BackedUpSets; own: ReadonlySet<string> },
): ReconciledFile[] {
  const planned = new Set(leftOut.map((f) => f.file));
  return facts
    .filter((f) => !planned.has(f.file))
    .map((f) => {
      const taken = finished.get(f.file);
      const contents = dataFileContents(f, sets, taken === undefined ? own : new Set(taken));
      if (taken !== undefined) assertStands(f, contents);
      return { facts: f, contents };
    });
}

/** Nobody looks at a file again between the plan and here. @throws RunFailure ADY_RECONCILE_FAILED */
function assertStands({ file, name, ...facts }: DataFileFacts, { checkpointScn }: FileContents): void {
  const why = whyOutdated(facts, checkpointScn);
  if (why === null) return;
  const detail = `data file ${file} (${name}) was taken over from an interrupted attempt, and ${why} since; a replay reads it again`;
  throw new RunFailure('ADY_RECONCILE_FAILED', detail);
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

function dataFileContents(
  facts: DataFileFacts,
  sets: BackedUpSets,
  pieces: ReadonlySet<string>,
): FileContents {
  // the last one: what was begun on an instance that was lost is done again
  const set = sets.findLast(
    (s) => s.file === facts.file && s.level !== null && s.handles.every((h) => pieces.has(h)),
  );
  if (set === undefined)
    throw new RunFailure(
      'ADY_RECONCILE_FAILED',
      `data file ${facts.file} (${facts.name}) is in no piece that this run has`,
    );
  return fileContents(facts, set, sets);
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
