// After a run by hand: which of the pieces it left are on RMAN's record, and whether they make a recovery point. A person may back up
// whatever they like, so that they do not is no fault: the pieces stay, named by the run's partial, and RMAN restores from them.
import { type RecoveryPointContents } from '@adyton/contracts';
import { type BackupLevel } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { isScriptableHandle } from '@adyton/rman';
import { type BackupRun, type DataFileFacts } from '../backup/backup-run';
import { confirmIdentity } from '../backup/confirm-identity';
import { openDatabase } from '../backup/open-database';
import { assertCovered, consistencyOf, type ReconciledFile } from '../backup/judge-consistency';
import {
  databaseOf,
  fileContents,
  logContents,
  type BackedUpLogs,
  type BackedUpSets,
  type FileContents,
} from '../backup/point-contents';
import { RunFailure } from '../runs/run-failure';

/** Names in a message; the rest is counted. */
const NAMED_MAX = 5;
/** What RMAN gives is used, if it is a tag at all. */
const TAG_CHARS_MAX = 30;
const NO_TAG = 'EXTERNAL';

/** @throws RunFailure ADY_NOTHING_BACKED_UP, ADY_EXTERNAL_INCOMPLETE, ADY_CHAIN_BROKEN, ADY_LOG_GAP; OracleError */
export async function reconcileExternal(run: BackupRun): Promise<RecoveryPointContents> {
  const written = await run.controlPlane.piecesOfRun(run.claimed);
  if (written.length === 0)
    throw new RunFailure('ADY_NOTHING_BACKED_UP', 'no piece was written through the channels of this run');
  await using database = await openDatabase(run);
  const identity = await confirmIdentity(run, database);
  const record = await readRecord(database, new Set(written));
  if (record.own.size === 0)
    throw incomplete(`RMAN lists none of the ${written.length} piece(s) that were written`);
  const ofIncarnation = <T extends { readonly resetlogsScn: string }>(rows: readonly T[]): T[] =>
    rows.filter((row) => row.resetlogsScn === identity.resetlogsScn);
  const sets = ofIncarnation(record.sets);
  const files = reconcileFiles(record.dataFiles, sets, record.own);
  const dataFiles = files.map(({ contents }) => contents);
  const logs = ofIncarnation(record.redoLogs);
  const archivedLogs = logs.filter((l) => record.own.has(l.handle)).map(logContents);
  if (dataFiles.length === 0 && archivedLogs.length === 0)
    throw incomplete('neither data files nor archived logs of the present incarnation are in its pieces');
  const closure = [...new Set([...record.own, ...dataFiles.flatMap((f) => f.baseHandles)])];
  await assertUsable(run, closure);
  const controlFileHandle = record.controlFiles.at(-1) ?? null;
  const consistency = consistencyOf({ files, recreated: [] }, archivedLogs);
  if (dataFiles.length > 0) {
    if (controlFileHandle === null) throw incomplete('no control file is in its pieces');
    assertCovered(consistency, await logsInVault(run, logs));
  }
  return {
    ...databaseOf(identity),
    origin: 'external',
    level: levelOf(dataFiles),
    tag: record.tag,
    startedAt: run.claimed.startedAt,
    completedAt: run.clock.now().toISOString(),
    ...consistency,
    dataFiles,
    leftOut: [],
    archivedLogs,
    controlFileHandle,
    spfileHandle: record.spfiles.at(-1) ?? null,
    closure,
  };
}

interface RmanRecord {
  /** Pieces of this run that RMAN lists as available. */
  readonly own: ReadonlySet<string>;
  readonly dataFiles: readonly DataFileFacts[];
  readonly sets: BackedUpSets;
  readonly redoLogs: BackedUpLogs;
  /** Of this run, oldest first. */
  readonly controlFiles: readonly string[];
  readonly spfiles: readonly string[];
  readonly tag: string;
}

async function readRecord(database: DatabaseFacts, written: ReadonlySet<string>): Promise<RmanRecord> {
  const [pieces, sets, redoLogs, dataFiles, configurations] = await Promise.all([
    database.backupPieces('%'),
    database.backupDataFiles(),
    database.backupRedoLogs(),
    database.dataFiles(),
    database.backupConfigurations(),
  ]);
  const listed = pieces.filter((p) => p.status === 'A' && written.has(p.handle));
  const own = new Set(listed.map((p) => p.handle));
  return {
    own,
    dataFiles,
    sets,
    redoLogs,
    controlFiles: configurations.controlFiles.filter((h) => own.has(h)),
    spfiles: configurations.spfiles.filter((h) => own.has(h)),
    tag: listed.find((p) => p.tag !== null)?.tag?.slice(0, TAG_CHARS_MAX) ?? NO_TAG,
  };
}

/** The newest set of each file; nothing when the run holds none. @throws RunFailure when only some files are there */
function reconcileFiles(
  dataFiles: readonly DataFileFacts[],
  sets: BackedUpSets,
  own: ReadonlySet<string>,
): ReconciledFile[] {
  const newest = new Map(
    sets
      .filter((s) => s.handles.every((h) => own.has(h)))
      .sort((a, b) => a.setStamp - b.setStamp || a.setCount - b.setCount)
      .map((set) => [set.file, set]),
  );
  const missing = dataFiles.filter((f) => !newest.has(f.file));
  if (missing.length === dataFiles.length) return [];
  if (missing.length > 0)
    throw incomplete(
      `${missing.length} data file(s) are in none of its pieces: ${names(missing.map((f) => f.name))}`,
    );
  return dataFiles.flatMap((facts) => {
    const set = newest.get(facts.file);
    return set === undefined ? [] : [{ facts, contents: fileContents(facts, set, sets) }];
  });
}

/** A person's FORMAT may hold anything; what no script of ours can name, no restore of ours can read. Bases may be somebody else's. */
async function assertUsable(run: BackupRun, closure: readonly string[]): Promise<void> {
  const unnameable = closure.filter((h) => !isScriptableHandle(h));
  if (unnameable.length > 0)
    throw incomplete(`its pieces have names that no restore script may hold: ${names(unnameable)}`);
  const known = await run.controlPlane.handlesInVault(run.claimed.database.id, [...closure]);
  const foreign = closure.filter((h) => !known.has(h));
  if (foreign.length > 0)
    throw incomplete(`it builds on ${foreign.length} piece(s) that are not in the vault: ${names(foreign)}`);
}

async function logsInVault(
  run: BackupRun,
  logs: BackedUpLogs,
): Promise<RecoveryPointContents['archivedLogs']> {
  const handles = [...new Set(logs.map((l) => l.handle))];
  const known = await run.controlPlane.handlesInVault(run.claimed.database.id, handles);
  return logs.filter((l) => known.has(l.handle)).map(logContents);
}

function levelOf(files: readonly FileContents[]): BackupLevel {
  if (files.length === 0) return 'archivelog';
  if (files.some((f) => f.level === null)) return 'full';
  return files.some((f) => f.level === 1) ? 'level1' : 'level0';
}

function incomplete(detail: string): RunFailure {
  return new RunFailure('ADY_EXTERNAL_INCOMPLETE', detail);
}

function names(all: readonly string[]): string {
  return all.slice(0, NAMED_MAX).join(', ');
}
