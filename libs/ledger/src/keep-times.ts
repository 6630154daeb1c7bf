// How long rows stay on record, table by table: whoever adds a table says it here, or it does not compile. The scheduler removes what is older;
// docs/operating/records.md is written from this list. What a time is counted from and what is excepted is carried out by the prune functions.
import { type LedgerTables } from './tables';

export const DAY_SECONDS = 24 * 60 * 60;

interface KeptForDays {
  readonly days: number;
  /** What the days are counted from. */
  readonly after: string;
  /** What stays however old it is. */
  readonly unless?: string;
  readonly why: string;
}
/** Goes in the moment its row of that table goes. */
interface KeptWith {
  readonly with: keyof LedgerTables;
}
/** Does not grow with time. */
interface KeptAlways {
  readonly always: string;
}
export type KeepTime = KeptForDays | KeptWith | KeptAlways;

/** They go in one look. */
const RELEASED_DAYS = 365;

export const KEEP_TIMES = {
  requests: {
    days: 400,
    after: 'the request and all its runs ended',
    unless:
      'a piece or recovery point of one of its runs is on record, a request that replays one of them is, it is the newest of its database and lane, or of one of the two newest slots there',
    why: 'what a backup of last year was can be seen, and compared with this year’s',
  },
  runs: { with: 'requests' },
  run_instances: { with: 'runs' },
  run_ingest: { with: 'runs' },
  run_moves: { with: 'runs' },
  run_logs: {
    days: 90,
    after: 'the run ended',
    why: 'what RMAN printed is up to 1 MiB a run; why a run failed stays with the run',
  },
  restore_plans: {
    days: 90,
    after: 'it was made',
    unless: 'a request carried it out: then it goes with that',
    why: 'recovery points it names may be gone by then',
  },
  audit_events: {
    days: 400,
    after: 'it happened, or as many as `ADYTON_AUDIT_KEPT_DAYS` says',
    unless: 'the request, run or recovery point that it is about is on record',
    why: 'rules that ask for an audit trail ask for a year; who must keep it longer sets it',
  },
  recovery_points: {
    days: RELEASED_DAYS,
    after: 'the vault marked it as expired',
    why: 'what became of a backup is asked about as long as what went wrong',
  },
  archived_logs: { with: 'recovery_points' },
  pieces: { days: RELEASED_DAYS, after: 'the vault released it', why: 'as recovery points' },
  vault_operations: {
    days: 400,
    after: 'it ended',
    unless: 'it is the newest of its kind',
    why: 'when the vault was verified is asked about as long as its backups are',
  },
  alerts: { days: 365, after: 'it was resolved', why: 'what went wrong is asked about for a year' },
  deliveries: { days: 30, after: 'it ended', why: 'what was sent to whom is asked about for weeks' },
  delivery_attempts: { with: 'deliveries' },
  discoveries: {
    days: 30,
    after: 'it ended',
    unless: 'it is the newest of its host, or the newest complete one',
    why: 'what a host looked like is asked about by whoever asks since when a database is gone',
  },
  discovery_events: { days: 400, after: 'it happened', why: 'as the audit trail' },
  dry_runs: { days: 1, after: 'it was asked for', why: 'its answer is looked at at once' },
  dry_run_instances: { with: 'dry_runs' },
  outbox: { days: 7, after: 'the job was sent', why: 'support looks at it' },
  idempotency_keys: { days: 1, after: 'the call', why: 'a client repeats a call within minutes' },
  hosts: { always: 'one a host' },
  databases: { always: 'one a database' },
  schedules: { always: 'a handful a database; whoever deletes one ends it' },
  policies: { always: 'one a database' },
  keystore_backups: { always: 'one a master key of a database' },
  release_sites: { always: 'one a database' },
  found_databases: { always: 'one a database that a host ever had' },
  found_instances: { always: 'one an instance of those' },
  notification_channels: { always: 'one a channel' },
  vault_verified: { always: 'one row' },
} as const satisfies Record<keyof LedgerTables, KeepTime>;

type TableWithTime = {
  [T in keyof typeof KEEP_TIMES]: (typeof KEEP_TIMES)[T] extends KeptForDays ? T : never;
}[keyof typeof KEEP_TIMES];

/** How long rows of the table stay. */
export function keptSeconds(table: TableWithTime): number {
  return KEEP_TIMES[table].days * DAY_SECONDS;
}
