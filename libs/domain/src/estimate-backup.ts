// Step 3 of the workflow as a pure judgement: what RMAN will read of each data file and what it will hand over, and how that is known.
// RMAN gives a media manager null compression only, so a level 0 counts the whole file: blocks that were used once are sent too.
import { type DataFileLevel } from './choose-backup-level';

interface DataFileSize {
  readonly file: number;
  readonly bytes: number;
}

/** What the control file remembers of a file's last level 1. */
export interface LastLevel1 {
  readonly bytesWritten: number;
  readonly bytesRead: number;
  /** Size of the file then. */
  readonly fileBytes: number;
  readonly usedChangeTracking: boolean;
}

/** How a number was found: the whole file, block change tracking, the share of the last level 1, a guess, or an interrupted attempt read it. */
export type EstimateMethod =
  'whole-file' | 'change-tracking' | 'last-level1' | 'guess' | 'resumed' | 'not-read';

export interface DataFileEstimate {
  readonly file: number;
  readonly bytesToRead: number;
  /** Bytes RMAN will hand over. */
  readonly bytesExpected: number;
  readonly method: EstimateMethod;
}

export type BackupEstimate =
  | {
      readonly kind: 'estimated';
      readonly files: readonly DataFileEstimate[];
      readonly bytesExpected: number;
    }
  | { readonly kind: 'no-data-files' };

/** Share of a file that a level 1 is expected to hand over where no earlier one tells better. */
const LEVEL1_SHARE_GUESSED = 0.1;

export interface EstimateQuestion {
  readonly files: readonly DataFileSize[];
  /** Empty for an archived-log run. */
  readonly levels: readonly DataFileLevel[];
  readonly lastLevel1: ReadonlyMap<number, LastLevel1>;
  /** Files that an interrupted attempt finished. */
  readonly finished: { has(file: number): boolean };
}

export function estimateBackup({ files, levels, lastLevel1, finished }: EstimateQuestion): BackupEstimate {
  if (files.length === 0) return { kind: 'no-data-files' };
  const levelOf = new Map(levels.map((l) => [l.file, l.level]));
  const estimates = files.map((f) =>
    finished.has(f.file)
      ? nothingOf(f.file, 'resumed')
      : estimateFile(f, levelOf.get(f.file), lastLevel1.get(f.file)),
  );
  return {
    kind: 'estimated',
    files: estimates,
    bytesExpected: estimates.reduce((sum, e) => sum + e.bytesExpected, 0),
  };
}

function estimateFile(
  { file, bytes }: DataFileSize,
  level: 0 | 1 | undefined,
  last: LastLevel1 | undefined,
): DataFileEstimate {
  if (level === undefined) return nothingOf(file, 'not-read');
  if (level === 0) return { file, bytesToRead: bytes, bytesExpected: bytes, method: 'whole-file' };
  if (last === undefined || last.fileBytes === 0) {
    const bytesExpected = Math.round(bytes * LEVEL1_SHARE_GUESSED);
    return { file, bytesToRead: bytes, bytesExpected, method: 'guess' };
  }
  if (last.usedChangeTracking) {
    const bytesToRead = Math.min(bytes, last.bytesRead);
    const bytesExpected = Math.min(bytes, last.bytesWritten);
    return { file, bytesToRead, bytesExpected, method: 'change-tracking' };
  }
  const share = Math.min(1, last.bytesWritten / last.fileBytes);
  return { file, bytesToRead: bytes, bytesExpected: Math.round(bytes * share), method: 'last-level1' };
}

function nothingOf(file: number, method: EstimateMethod): DataFileEstimate {
  return { file, bytesToRead: 0, bytesExpected: 0, method };
}
