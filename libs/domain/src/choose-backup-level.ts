// Step 2 of the workflow as a pure decision, taken per data file: RMAN picks the parent of a level 1 itself. Ours are cumulative, so it is
// the newest level 0 in the control file, whoever wrote it. A file whose newest level 0 is not a piece of this vault gets level 0 in the
// same run, and the reason is recorded; a level 1 that others made does not matter.
import { type AskedKind } from './request-states';
import { type BackupLevel } from './run-states';
import { compareScn, type Scn } from './scn';

/** An available level 0 or 1 of one data file as the control file remembers it. */
export interface DataFileBase {
  /** Of its first piece; the name of the file when it is an image copy. */
  readonly handle: string;
  readonly level: 0 | 1;
  readonly checkpointScn: Scn;
  readonly deviceType: string;
}

export interface DataFileToBackUp {
  readonly file: number;
  readonly creationScn: Scn;
  /** The newest level 0, which is what RMAN builds a cumulative level 1 on. */
  readonly base: DataFileBase | null;
}

export type LevelReason =
  | 'asked-full'
  | 'first-backup'
  | 'resetlogs'
  | 'base-failed'
  | 'base-expired'
  | 'new-file'
  | 'foreign-base'
  | 'base-forgotten'
  | 'level0-exists'
  | 'archivelog-asked';

export interface DataFileLevel {
  readonly file: number;
  readonly level: 0 | 1;
  readonly reason: LevelReason;
  /** The handle that made (or spoiled) the decision; null where there is none. */
  readonly baseHandle: string | null;
}

export interface LevelDecision {
  /** A script of ours never makes what no level 1 can build on. */
  readonly level: Exclude<BackupLevel, 'full'>;
  readonly reason: LevelReason;
  readonly files: readonly DataFileLevel[];
}

export interface LevelQuestion {
  readonly asked: AskedKind;
  readonly files: readonly DataFileToBackUp[];
  readonly resetlogsScn: Scn;
  /** This database's newest recovery point with data files; null when it has none. */
  readonly lastPoint: {
    readonly resetlogsScn: Scn;
    /** A file created since is in no piece of it: it has the file's redo, or nothing. */
    readonly redoFromScn: Scn;
  } | null;
  /** What every handle of our own scripts begins with: one that the vault does not hold was forgotten, others are somebody else's. */
  readonly ownPrefix: string;
  /** Handles of closed pieces this vault holds, among those named in `files`. */
  readonly handlesInVault: ReadonlySet<string>;
}

export function chooseBackupLevel(question: LevelQuestion): LevelDecision {
  if (question.asked === 'archivelog') return { level: 'archivelog', reason: 'archivelog-asked', files: [] };
  const files = question.files.map((file) => chooseForFile(file, question));
  const levelOnes = files.filter((f) => f.level === 1);
  if (levelOnes.length > 0) return { level: 'level1', reason: 'level0-exists', files };
  return { level: 'level0', reason: reasonOfLevel0(question, files), files };
}

function chooseForFile(file: DataFileToBackUp, question: LevelQuestion): DataFileLevel {
  const level0 = (reason: LevelReason): DataFileLevel => ({
    file: file.file,
    level: 0,
    reason,
    baseHandle: file.base?.handle ?? null,
  });
  const reason = reasonForLevel0(file, question);
  return reason === null
    ? { file: file.file, level: 1, reason: 'level0-exists', baseHandle: file.base?.handle ?? null }
    : level0(reason);
}

/** Null when the file's newest base is a finished piece of this vault that a level 1 may rely on. */
function reasonForLevel0(file: DataFileToBackUp, question: LevelQuestion): LevelReason | null {
  const { asked, lastPoint, resetlogsScn, handlesInVault, ownPrefix } = question;
  const { base } = file;
  if (asked === 'full') return 'asked-full';
  // a set that a failed run finished is a base for RMAN, but no full backup for anybody
  if (lastPoint === null)
    return base !== null && handlesInVault.has(base.handle) ? 'base-failed' : 'first-backup';
  if (compareScn(lastPoint.resetlogsScn, resetlogsScn) !== 0) return 'resetlogs';
  if (base === null)
    return compareScn(file.creationScn, lastPoint.redoFromScn) >= 0 ? 'new-file' : 'base-expired';
  // a base that somebody wrote by hand through our library is ours, whatever its handle begins with
  if (base.deviceType === 'SBT_TAPE' && handlesInVault.has(base.handle)) return null;
  return base.deviceType === 'SBT_TAPE' && base.handle.startsWith(ownPrefix)
    ? 'base-forgotten'
    : 'foreign-base';
}

function reasonOfLevel0(question: LevelQuestion, files: readonly DataFileLevel[]): LevelReason {
  if (question.asked === 'full') return 'asked-full';
  return files[0]?.reason ?? 'first-backup';
}
