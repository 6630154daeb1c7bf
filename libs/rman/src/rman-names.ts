// Names of a run as RMAN sees them: handle prefix, tag and command id.
import { type BackupLevel } from '@adyton/domain';
import { createHash } from 'node:crypto';
import { checked, TERMINALS } from './script/terminals';

export interface RunNames {
  /** The last 8 characters of the run's id. */
  readonly runToken: string;
  readonly fence: number;
  /** From handlePrefix(). */
  readonly handlePrefix: string;
}

const PREFIX_CHARS = 8;

/** Keeps the handles of several databases apart. No secret: a name, not a key. */
export function handlePrefix(dbid: string, dbUniqueName: string): string {
  return createHash('sha256').update(`${dbid}/${dbUniqueName}`).digest('hex').slice(0, PREFIX_CHARS);
}

/** What the handles of the run's pieces begin with. */
export function ownHandles({ handlePrefix, runToken, fence }: RunNames): string {
  return `${handlePrefix}/${runToken}_${fence}_`;
}

/** The number of the data file follows. */
export const DATA_FILE_MARK = 'F';

/** What the handles of its data files' pieces begin with. */
export function dataHandles(names: RunNames): string {
  return `${ownHandles(names)}${DATA_FILE_MARK}`;
}

/** Whether a handle may stand in a script; one that a person chose may not. */
export function isScriptableHandle(handle: string): boolean {
  return TERMINALS.handle.test(handle);
}

const LEVEL_MARK = { level0: 'L0', level1: 'L1', archivelog: 'AL' } as const;

/** RMAN's label of the run's sets, at most 30 characters. */
export function tagOf(level: Exclude<BackupLevel, 'full'>, runToken: string): string {
  return tagWith(LEVEL_MARK[level], runToken);
}

export function tagWith(mark: string, runToken: string): string {
  return checked('tag', 'tag', `ADY_${mark}_${runToken}`.toUpperCase());
}

/** Marks the run's sessions in v$session and v$rman_status. */
export function commandId(runToken: string): string {
  return `ady:${checked('word', 'run token', runToken)}`;
}
