/** Reads the ALTER statements an instance understands: those RMAN scripts and operators use. */

export type AlterCommand =
  | { kind: 'archive-log-current' }
  | { kind: 'switch-logfile' }
  | { kind: 'checkpoint' }
  | { kind: 'kill-session'; sid: number; serial: number }
  | { kind: 'disable-change-tracking' }
  | { kind: 'mount' }
  | { kind: 'open'; resetlogs: boolean }
  | { kind: 'data-file'; file: number | string; online: boolean }
  | { kind: 'tablespace'; name: string; online: boolean }
  | { kind: 'rename-file'; from: string; to: string };

/** Longer statements are none of ours. */
const STATEMENT_CHARACTERS_MAX = 2000;

const PATTERNS: [RegExp, (groups: string[]) => AlterCommand][] = [
  [/^ALTER SYSTEM ARCHIVE LOG CURRENT$/i, () => ({ kind: 'archive-log-current' })],
  [/^ALTER SYSTEM SWITCH LOGFILE$/i, () => ({ kind: 'switch-logfile' })],
  [/^ALTER SYSTEM CHECKPOINT(?: GLOBAL| LOCAL)?$/i, () => ({ kind: 'checkpoint' })],
  [
    /^ALTER SYSTEM (?:KILL|DISCONNECT) SESSION '(\d+) ?, ?(\d+)(?: ?, ?@\d+)?'(?: (?:IMMEDIATE|POST_TRANSACTION))*$/i,
    ([sid, serial]) => ({ kind: 'kill-session', sid: Number(sid), serial: Number(serial) }),
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
    /^ALTER TABLESPACE "?(\w+)"? (ONLINE|OFFLINE)(?: NORMAL| TEMPORARY| IMMEDIATE)?$/i,
    ([name, state]) => ({ kind: 'tablespace', name: (name ?? '').toUpperCase(), online: isOnline(state) }),
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

function fileOf(text: string): number | string {
  return text.startsWith("'") ? text.slice(1, -1) : Number(text);
}

function isOnline(state: string | undefined): boolean {
  return state?.toUpperCase() === 'ONLINE';
}
