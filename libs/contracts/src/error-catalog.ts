// Every error a person or a client can meet, once: code, HTTP status, who retries, what to do. The error pages, the CLI's exit codes
// and the problem documents derive from this list. Code branches on codes, never on messages.
import { alertErrors } from './alert-errors';
import { dataPathErrors } from './data-path-errors';
import { type ErrorSpec } from './error-spec';
import { restoreErrors } from './restore-errors';
import { retentionErrors } from './retention-errors';

export const errorCatalog = {
  // what a client sent
  ADY_MALFORMED_REQUEST: {
    http: 400,
    retry: 'never',
    exit: 2,
    title: 'The request cannot be read',
    hint: 'send one JSON object with content-type application/json; the detail says where reading stopped',
  },
  ADY_INVALID_REQUEST: {
    http: 422,
    retry: 'never',
    exit: 2,
    title: 'The request has invalid fields',
    hint: 'errors[] lists each field with its reason; the API description is at /api/v1/openapi.json',
  },
  ADY_REQUEST_TOO_LARGE: {
    http: 413,
    retry: 'never',
    exit: 2,
    title: 'The request body is too large',
    hint: 'bodies are limited to 1 MiB',
  },
  ADY_UNAUTHENTICATED: {
    http: 401,
    retry: 'operator',
    exit: 9,
    title: 'The token is missing or wrong',
    hint: 'send Authorization: Bearer <token>; the CLI reads ADYTON_TOKEN or ADYTON_TOKEN_FILE',
  },
  ADY_FORBIDDEN: {
    http: 403,
    retry: 'operator',
    exit: 9,
    title: 'The token does not allow this',
    hint: 'a host token reaches only what belongs to its own host',
  },
  ADY_NOT_FOUND: {
    http: 404,
    retry: 'never',
    exit: 5,
    title: 'There is no such thing',
    hint: 'list what exists: adyton database list, adyton run list, adyton list backup',
  },
  ADY_DATABASE_UNKNOWN: {
    http: 404,
    retry: 'never',
    exit: 5,
    title: 'No database of this name or id is registered',
    hint: 'adyton database list shows the registered ones; adyton database register adds one',
  },
  ADY_ALREADY_EXISTS: {
    http: 409,
    retry: 'never',
    exit: 8,
    title: 'It exists already',
    hint: 'choose another name, or use the existing one',
  },
  ADY_IDEMPOTENCY_MISMATCH: {
    http: 422,
    retry: 'never',
    exit: 2,
    title: 'This Idempotency-Key was used with another body',
    hint: 'send a new Idempotency-Key with a new request',
  },
  ADY_RETENTION_PLAN_REQUIRED: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'This policy would let recovery points go that the former one keeps',
    hint: 'look at the plan (adyton policy simulate) and repeat the change with its digest: --accept-plan DIGEST',
  },
  ADY_CONFIRMATION_MISMATCH: {
    http: 422,
    retry: 'never',
    exit: 2,
    title: 'The confirmation does not name the database',
    hint: 'repeat the database name exactly as the plan shows it',
  },
  // step 1
  ADY_AGENT_NOT_RUNNING: {
    http: 409,
    retry: 'operator',
    exit: 6,
    title: 'The agent of this database is not running',
    hint: 'start it on the database host (systemctl start adyton-agent), then ask again',
  },
  ADY_QUEUE_UNAVAILABLE: {
    http: 503,
    retry: 'later',
    exit: 1,
    title: 'The job queue cannot be reached',
    hint: 'check that Redis runs and that ADYTON_REDIS_URL is right; nothing was left behind that could start later',
  },
  ADY_LEDGER_UNAVAILABLE: {
    http: 503,
    retry: 'later',
    exit: 1,
    title: 'The ledger cannot be reached',
    hint: 'check that Postgres runs and that ADYTON_LEDGER_URL is right',
  },
  ADY_CLAIMS_WAITING: {
    http: 503,
    retry: 'later',
    exit: 1,
    title: 'More runs are waiting to begin than the control-plane begins at once',
    hint: 'nothing to do: the request is offered again; when it comes often, give the schedules jitter (jitterSeconds) or run more control-planes',
  },
  ADY_EXPIRED: {
    http: 410,
    retry: 'operator',
    exit: 7,
    title: 'The expiry window ended before the agent could start',
    hint: 'find out why the agent was away (adyton doctor), then request a new backup or replay this one',
  },
  ADY_MISSED: {
    http: 410,
    retry: 'operator',
    exit: 7,
    title: 'The slot of a schedule went by without a run',
    hint: 'find out why the scheduler was away (adyton doctor); the newest slot inside its window runs by itself',
  },
  ADY_SUPERSEDED: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'A later request took its place',
    hint: 'look at the request that superseded it',
  },
  ADY_RUN_ACTIVE: {
    http: 409,
    retry: 'later',
    exit: 8,
    title: 'A run of this database and lane is active or waiting',
    hint: 'watch it with adyton run watch, or wait for its end',
  },
  ADY_NOT_CLAIMABLE: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'The request cannot be claimed any more',
    hint: 'it ended, expired or was claimed before; nothing is to be done',
  },
  ADY_NOT_REPLAYABLE: {
    http: 409,
    retry: 'never',
    exit: 4,
    title: 'Only a failed, cancelled or expired run can be replayed',
    hint: 'request a new backup instead',
  },
  ADY_CANCELLED: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'The run was cancelled',
    hint: 'replay it when wanted',
  },
  // the run
  ADY_FENCED: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'Another attempt owns this run',
    hint: 'the agent that holds an old fence must stop; nothing is to be done by hand',
  },
  ADY_AGENT_LOST: {
    http: 409,
    retry: 'operator',
    exit: 6,
    title: 'The agent stopped reporting during the run',
    hint: 'check the agent and its host, then replay the run; what a schedule asked for starts again by itself while its window is open',
  },
  ADY_DISCOVERY_LOST: {
    http: 409,
    retry: 'operator',
    exit: 6,
    title: 'The agent did not say what it found',
    hint: 'check the agent and its log on that host; the next discovery is made by itself',
  },
  ADY_PRIMARY_LOST: {
    http: 409,
    retry: 'operator',
    exit: 6,
    title: 'The instance the run was started on went away',
    hint: 'start it again, then replay the run; what is in the vault is not stored twice',
  },
  ADY_INSTANCE_LOST: {
    http: 409,
    retry: 'operator',
    exit: 1,
    title: 'An instance of the cluster went away during the run',
    hint: 'the recovery point is whole: the other instances did its work; look at the instance before the next run',
  },
  ADY_FILES_LEFT_OUT: {
    http: 409,
    retry: 'operator',
    exit: 3,
    title: 'Data files of the database are not in this backup',
    hint: 'adyton show backup names them with the reason; bring them back or drop their tablespaces, then back up again',
  },
  ADY_SYSTEM_FILE_INACCESSIBLE: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'A data file of the SYSTEM tablespace cannot be read',
    hint: 'without it no backup can be restored: restore the file first',
  },
  ADY_RESTORE_INCOMPLETE: {
    http: 409,
    retry: 'never',
    exit: 5,
    title: 'The restored database would lack data files',
    hint: 'restore to an SCN that a complete recovery point reaches, or plan again with --accept-missing to go without these files',
  },
  ADY_QUARANTINED: {
    http: 409,
    retry: 'operator',
    exit: 6,
    title: 'The agent was lost at every start of this request',
    hint: 'look why the agent dies (memory of the host, its log at the time of the runs) before you back up again; the next slot starts anew',
  },
  ADY_RUN_STATE: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'The run is not in a state that allows this',
    hint: 'look at the run: adyton run watch',
  },
  ADY_DATABASE_UNREACHABLE: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The database does not accept the agent',
    hint: 'check listener, instance and the credentials file of the agent; adyton doctor tells more',
  },
  ADY_DATABASE_IDENTITY_CHANGED: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'DBID or DB_UNIQUE_NAME is not the registered one',
    hint: 'if the database was replaced on purpose, register it again under a new name',
  },
  ADY_NOARCHIVELOG: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The database runs in NOARCHIVELOG mode',
    hint: 'ALTER DATABASE ARCHIVELOG in mount state; without it no online backup can be consistent',
  },
  ADY_DATABASE_ROLE: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The database is in a role that is not backed up',
    hint: 'back up the primary: at a standby no log can be switched, and its control file would come back as that of a standby',
  },
  ADY_PRECHECK_FAILED: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'A pre-check failed',
    hint: 'the reason lists each failed check with its evidence',
  },
  ADY_ESTIMATE_FAILED: {
    http: 409,
    retry: 'operator',
    exit: 1,
    title: 'The size of the backup could not be estimated',
    hint: 'the reason carries the error of the database; nothing was read or written',
  },
  ADY_PLUGGABLE_DATABASE: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The registered service leads into a pluggable database',
    hint: 'register the database with a service of the root container (CDB$ROOT)',
  },
  ADY_NO_DATA_FILES: {
    http: 409,
    retry: 'operator',
    exit: 1,
    title: 'The database reports no data file to back up',
    hint: 'a backup of nothing is not a success; check v$datafile',
  },
  ADY_SCRIPT_REFUSED: {
    http: 422,
    retry: 'never',
    exit: 4,
    title: 'A name cannot be put into an RMAN script',
    hint: 'names are letters, digits, _ $ # . / and -, without quotes, blanks or control characters',
  },
  ADY_RMAN_FAILED: {
    http: 409,
    retry: 'operator',
    exit: 1,
    title: 'RMAN ended with an error',
    hint: 'the reason carries the error stack; adyton run show RUN prints the whole log',
  },
  ADY_CONTROL_FILE_BUSY: {
    http: 409,
    retry: 'later',
    exit: 8,
    title: 'Another backup copies the control file and does not come to its end',
    hint: 'see which one (v$lock with type CF, v$session); when it has ended, replay the run',
  },
  ADY_CORRUPT_BLOCKS: {
    http: 409,
    retry: 'operator',
    exit: 1,
    title: 'A data file has corrupt blocks',
    hint: 'repair the blocks that the reason names from the recovery point that it names, or with RECOVER CORRUPTION LIST; older points stay usable',
  },
  ADY_RMAN_NOT_STARTED: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'RMAN could not be started',
    hint: 'check ORACLE_HOME of the database as registered and that the agent user may run bin/rman',
  },
  ADY_RECONCILE_FAILED: {
    http: 409,
    retry: 'operator',
    exit: 1,
    title: 'RMAN, the database views and the vault do not agree on the pieces',
    hint: 'no recovery point was made; the reason names what is missing where',
  },
  ADY_CHAIN_BROKEN: {
    http: 409,
    retry: 'operator',
    exit: 1,
    title: 'A level 1 relies on a base that this vault does not hold',
    hint: 'request a full backup',
  },
  ADY_LOG_GAP: {
    http: 409,
    retry: 'operator',
    exit: 1,
    title: 'An archived log needed for consistency is in no piece',
    hint: 'check that nothing deletes archived logs before they are backed up, then request a backup',
  },
  // data path
  ...dataPathErrors,
  // restore
  ...restoreErrors,
  // retention
  ...retentionErrors,
  // alerts
  ...alertErrors,
  // us
  ADY_INTERNAL: {
    http: 500,
    retry: 'later',
    exit: 1,
    title: 'Adyton failed unexpectedly',
    hint: 'report this with the request id; the log of the named process has the details',
  },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof errorCatalog;
export const errorCodes = Object.keys(errorCatalog) as ErrorCode[];

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCatalog, text);
}
