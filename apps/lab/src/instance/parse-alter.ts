/** Reads the ALTER statements an instance understands, and those of tablespaces, pluggable databases, keystores and restore points: what RMAN scripts and operators use. */

export type AlterCommand =
  | { kind: 'archive-log-current' }
  | { kind: 'switch-logfile' }
  | { kind: 'checkpoint' }
  /** `instance` null = this one. */
  | { kind: 'kill-session'; sid: number; serial: number; instance: number | null }
  | { kind: 'disable-change-tracking' }
  | { kind: 'mount' }
  | { kind: 'open'; resetlogs: boolean }
  | { kind: 'data-file'; file: number | string; online: boolean }
  | { kind: 'create-tablespace' | 'add-data-file'; tablespace: string; path: string; bytes: number }
  | { kind: 'tablespace'; name: string; online: boolean }
  | { kind: 'tablespace-mode'; name: string; enabled: 'READ WRITE' | 'READ ONLY' }
  | { kind: 'rename-file'; from: string; to: string }
  | { kind: 'enable-change-tracking'; path: string | null }
  | { kind: 'set-parameter'; name: string; value: string; scope: string; sid: string }
  | { kind: 'reset-parameter'; name: string; sid: string }
  | { kind: 'keystore'; isOpen: boolean }
  | { kind: 'rotate-master-key' }
  | { kind: 'log-mode'; mode: 'ARCHIVELOG' | 'NOARCHIVELOG' }
  | { kind: 'convert-role'; role: 'PRIMARY' | 'PHYSICAL STANDBY' }
  /** `name` null = ALL. */
  | { kind: 'pluggable'; name: string | null; openMode: 'READ WRITE' | 'READ ONLY' | 'MOUNTED' }
  | { kind: 'create-pluggable'; name: string }
  | { kind: 'unplug'; name: string }
  | { kind: 'create-restore-point'; name: string; guaranteed: boolean }
  | { kind: 'drop-restore-point'; name: string }
  | { kind: 'drop-pluggable'; name: string; keepFiles: boolean };

/** Longer statements are none of ours. */
const STATEMENT_CHARACTERS_MAX = 2000;

/** Bytes of the letter behind a size. */
const UNITS: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

const PATTERNS: [RegExp, (groups: (string | undefined)[]) => AlterCommand][] = [
  [/^ALTER SYSTEM ARCHIVE LOG CURRENT$/i, () => ({ kind: 'archive-log-current' })],
  [/^ALTER SYSTEM SWITCH LOGFILE$/i, () => ({ kind: 'switch-logfile' })],
  [/^ALTER SYSTEM CHECKPOINT(?: GLOBAL| LOCAL)?$/i, () => ({ kind: 'checkpoint' })],
  [
    /^ALTER SYSTEM (?:KILL|DISCONNECT) SESSION '(\d+) ?, ?(\d+)(?: ?, ?@(\d+))?'(?: (?:IMMEDIATE|POST_TRANSACTION))*$/i,
    ([sid, serial, instance]) => ({
      kind: 'kill-session',
      sid: Number(sid),
      serial: Number(serial),
      instance: instance === undefined ? null : Number(instance),
    }),
  ],
  [
    /^ALTER DATABASE ENABLE BLOCK CHANGE TRACKING(?: USING FILE '([^']+)'(?: REUSE)?)?$/i,
    ([path]) => ({ kind: 'enable-change-tracking', path: path ?? null }),
  ],
  [
    /^ALTER SYSTEM SET (\w+) ?= ?('[^']*'|[^' ]+)(?: COMMENT ?= ?'[^']*')?(?: DEFERRED)?(?: SCOPE ?= ?(BOTH|MEMORY|SPFILE))?(?: SID ?= ?'([^']+)')?$/i,
    ([name, value, scope, sid]) => ({
      kind: 'set-parameter',
      name: (name ?? '').toLowerCase(),
      value: (value ?? '').replace(/^'|'$/g, ''),
      scope: (scope ?? 'BOTH').toUpperCase(),
      sid: sid ?? '*',
    }),
  ],
  [
    /^ALTER SYSTEM RESET (\w+)(?: SCOPE ?= ?(?:BOTH|SPFILE))?(?: SID ?= ?'([^']+)')?$/i,
    ([name, sid]) => ({ kind: 'reset-parameter', name: (name ?? '').toLowerCase(), sid: sid ?? '*' }),
  ],
  [
    /^ALTER DATABASE (ARCHIVELOG|NOARCHIVELOG)$/i,
    ([mode]) => ({
      kind: 'log-mode',
      mode: mode?.toUpperCase() === 'ARCHIVELOG' ? 'ARCHIVELOG' : 'NOARCHIVELOG',
    }),
  ],
  [
    /^ALTER DATABASE CONVERT TO PHYSICAL STANDBY$/i,
    () => ({ kind: 'convert-role', role: 'PHYSICAL STANDBY' }),
  ],
  [
    /^ALTER DATABASE (?:ACTIVATE(?: PHYSICAL)? STANDBY DATABASE|FAILOVER TO \w+)$/i,
    () => ({ kind: 'convert-role', role: 'PRIMARY' }),
  ],
  [
    /^ALTER PLUGGABLE DATABASE "?([\w$#]+)"? (?:OPEN(?: READ (WRITE|ONLY))?(?: FORCE)?|(CLOSE)(?: IMMEDIATE| ABORT)?)$/i,
    ([name, mode, close]) => ({
      kind: 'pluggable',
      name: name?.toUpperCase() === 'ALL' ? null : (name ?? '').toUpperCase(),
      openMode: close !== undefined ? 'MOUNTED' : mode?.toUpperCase() === 'ONLY' ? 'READ ONLY' : 'READ WRITE',
    }),
  ],
  [
    /^CREATE PLUGGABLE DATABASE "?([\w$#]+)"? ADMIN USER "?\w+"? IDENTIFIED BY "?\w+"?$/i,
    ([name]) => ({ kind: 'create-pluggable', name: (name ?? '').toUpperCase() }),
  ],
  [
    /^ALTER PLUGGABLE DATABASE "?([\w$#]+)"? UNPLUG INTO '[^']+'$/i,
    ([name]) => ({ kind: 'unplug', name: (name ?? '').toUpperCase() }),
  ],
  [
    /^DROP PLUGGABLE DATABASE "?([\w$#]+)"?(?: (INCLUDING|KEEP) DATAFILES)?$/i,
    ([name, files]) => ({
      kind: 'drop-pluggable',
      name: (name ?? '').toUpperCase(),
      keepFiles: files?.toUpperCase() !== 'INCLUDING',
    }),
  ],
  [
    /^ADMINISTER KEY MANAGEMENT SET KEYSTORE (OPEN|CLOSE)(?: IDENTIFIED BY "?[\w$#]+"?)?(?: CONTAINER ?= ?(?:ALL|CURRENT))?$/i,
    ([state]) => ({ kind: 'keystore', isOpen: state?.toUpperCase() === 'OPEN' }),
  ],
  [
    /^ADMINISTER KEY MANAGEMENT SET KEY(?: FORCE KEYSTORE)? IDENTIFIED BY "?[\w$#]+"?(?: WITH BACKUP)?(?: CONTAINER ?= ?(?:ALL|CURRENT))?$/i,
    () => ({ kind: 'rotate-master-key' }),
  ],
  [/^ALTER DATABASE DISABLE BLOCK CHANGE TRACKING$/i, () => ({ kind: 'disable-change-tracking' })],
  [/^ALTER DATABASE MOUNT$/i, () => ({ kind: 'mount' })],
  [
    /^ALTER DATABASE OPEN(?: READ WRITE)?( RESETLOGS)?$/i,
    ([resetlogs]) => ({ kind: 'open', resetlogs: (resetlogs ?? '') !== '' }),
  ],
  [
    /^ALTER DATABASE DATAFILE (\d+|'[^']+') (ONLINE|OFFLINE)(?: FOR DROP)?$/i,
    ([file, state]) => ({ kind: 'data-file', file: fileOf(file ?? ''), online: isOnline(state) }),
  ],
  [
    /^CREATE TABLESPACE "?(\w+)"? DATAFILE '(\/[^']+)' SIZE (\d{1,12}[KMG]?)$/i,
    (groups) => ({ kind: 'create-tablespace', ...fileToAdd(groups) }),
  ],
  [
    /^ALTER TABLESPACE "?(\w+)"? ADD DATAFILE '(\/[^']+)' SIZE (\d{1,12}[KMG]?)$/i,
    (groups) => ({ kind: 'add-data-file', ...fileToAdd(groups) }),
  ],
  [
    /^ALTER TABLESPACE "?(\w+)"? (ONLINE|OFFLINE)(?: NORMAL| TEMPORARY| IMMEDIATE)?$/i,
    ([name, state]) => ({ kind: 'tablespace', name: (name ?? '').toUpperCase(), online: isOnline(state) }),
  ],
  [
    /^ALTER TABLESPACE "?(\w+)"? READ (ONLY|WRITE)$/i,
    ([name, mode]) => ({
      kind: 'tablespace-mode',
      name: (name ?? '').toUpperCase(),
      enabled: mode?.toUpperCase() === 'ONLY' ? 'READ ONLY' : 'READ WRITE',
    }),
  ],
  [
    /^CREATE RESTORE POINT "?([\w$#]+)"?(?: PRESERVE)?( GUARANTEE FLASHBACK DATABASE)?$/i,
    ([name, guarantee]) => ({
      kind: 'create-restore-point',
      name: (name ?? '').toUpperCase(),
      guaranteed: guarantee !== undefined,
    }),
  ],
  [
    /^DROP RESTORE POINT "?([\w$#]+)"?$/i,
    ([name]) => ({ kind: 'drop-restore-point', name: (name ?? '').toUpperCase() }),
  ],
  [
    /^ALTER DATABASE RENAME FILE '([^']+)' TO '([^']+)'$/i,
    ([from, to]) => ({ kind: 'rename-file', from: from ?? '', to: to ?? '' }),
  ],
];

/** The command, or undefined when the statement is none of these. */
export function parseAlter(sql: string): AlterCommand | undefined {
  if (sql.length > STATEMENT_CHARACTERS_MAX) return undefined;
  const statement = sql.trim().replace(/;$/, '').trim().replace(/\s+/g, ' ');
  for (const [pattern, make] of PATTERNS) {
    const match = pattern.exec(statement);
    if (match) return make(match.slice(1));
  }
  return undefined;
}

function fileToAdd([tablespace = '', path = '', size = '']: (string | undefined)[]): {
  tablespace: string;
  path: string;
  bytes: number;
} {
  const bytes = Number.parseInt(size, 10) * (UNITS[size.slice(-1).toUpperCase()] ?? 1);
  return { tablespace: tablespace.toUpperCase(), path, bytes };
}

function fileOf(text: string): number | string {
  return text.startsWith("'") ? text.slice(1, -1) : Number(text);
}

function isOnline(state: string | undefined): boolean {
  return state?.toUpperCase() === 'ONLINE';
}
