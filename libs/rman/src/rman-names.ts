// Names that may stand in an RMAN script, and nothing else may: scripts are composed from checked parts, so that no name can end a string,
// a statement or a PARMS list.
import { type BackupLevel } from '@adyton/domain';
import { createHash } from 'node:crypto';

/** A name that may not stand in a script; `field` says which. */
export class RmanScriptError extends Error {
  constructor(
    readonly field: string,
    detail: string,
  ) {
    super(`${field}: ${detail}`);
    this.name = 'RmanScriptError';
  }
}

const GRAMMAR = {
  path: /^\/[A-Za-z0-9_$#@%+=:./-]{0,254}$/,
  handle: /^[A-Za-z0-9_$#@+:./-]{1,511}$/,
  word: /^[A-Za-z0-9_-]{1,64}$/,
  tag: /^[A-Z0-9_]{1,30}$/,
  scn: /^\d{1,20}$/,
  dbid: /^\d{1,10}$/,
} as const;

/** The text itself when the grammar allows it. @throws RmanScriptError */
export function checked(kind: keyof typeof GRAMMAR, field: string, text: string): string {
  if (!GRAMMAR[kind].test(text)) {
    throw new RmanScriptError(
      field,
      `${JSON.stringify(text.slice(0, 80))} may not stand in an RMAN script (quotes, blanks, ; , ( ) and control characters are refused)`,
    );
  }
  return text;
}

export function checkedNumber(field: string, value: number): string {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RmanScriptError(field, `${value} is no whole number`);
  return String(value);
}

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

/** Whether a handle may stand in a script; one that a person chose may not. */
export function isScriptableHandle(handle: string): boolean {
  return GRAMMAR.handle.test(handle);
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
