// Every alert there is, once: how bad, what it says, what to do, and what ends it. The page of alerts, the API and the webhook messages
// derive from this list. An alert is one of a kind about one subject: while it stands, the same again only counts.
import { type AlertSeverity } from '@adyton/domain';

interface AlertSpec {
  readonly severity: AlertSeverity;
  readonly title: string;
  readonly hint: string;
  /** What one alert of this kind is about: two subjects, two alerts. */
  readonly subject: string;
  /** When it resolves by itself. */
  readonly resolves: string;
}

const LANE = 'database and lane';
const NEXT_BACKUP = 'the next backup of that database and lane that succeeds';

export const alertCatalog = {
  // backups
  backup_failed: {
    severity: 'critical',
    title: 'A backup failed',
    hint: 'adyton run why RUN names the cause and what to do; then replay the run or wait for the next one',
    subject: LANE,
    resolves: NEXT_BACKUP,
  },
  backup_degraded: {
    severity: 'warning',
    title: 'A backup finished degraded',
    hint: 'a recovery point exists; adyton run show RUN says what is missing',
    subject: LANE,
    resolves: `${NEXT_BACKUP}, not degraded`,
  },
  request_expired: {
    severity: 'critical',
    title: 'A scheduled backup never started: its expiry window ended',
    hint: 'find out why the agent was away (adyton doctor), then request a backup',
    subject: LANE,
    resolves: NEXT_BACKUP,
  },
  request_missed: {
    severity: 'warning',
    title: 'A slot of a schedule went by without a run',
    hint: 'the scheduler was not running, or the agent was away until the next slot came; adyton doctor shows both',
    subject: LANE,
    resolves: NEXT_BACKUP,
  },
  data_backup_overdue: {
    severity: 'critical',
    title: 'No recovery point since the last slot but one',
    hint: 'two slots of the database came since its last recovery point; adyton run list DATABASE shows what became of them',
    subject: 'database',
    resolves: 'the next recovery point of data files, or when nothing is scheduled any more',
  },
  log_backup_overdue: {
    severity: 'critical',
    title: 'Archived logs were not backed up since the last slot but one',
    hint: 'what was committed since then is only on the database host; adyton run list DATABASE shows what became of the slots',
    subject: 'database',
    resolves: 'the next recovery point, or when no log backup is scheduled any more',
  },
  backup_moved: {
    severity: 'warning',
    title: 'A backup left an instance that was not eligible',
    hint: 'the next instance of the cluster carried on before any data flowed; adyton run why RUN has the check that failed: put it right on that host',
    subject: 'database',
    resolves: 'the next backup of that database that succeeds on the instance it was started on',
  },
  instance_lost: {
    severity: 'warning',
    title: 'An instance was lost during a run',
    hint: 'the run goes on without it where it can; look at the instance and its host',
    subject: 'run and instance',
    resolves: 'the next backup of that database that succeeds, not degraded',
  },
  rman_records_changed: {
    severity: 'warning',
    title: "Somebody changed RMAN's records of our pieces",
    hint: 'adyton run show RUN names the pieces, the vault lost none; find out who runs CROSSCHECK, DELETE or UNCATALOG on them: retention belongs in Adyton',
    subject: 'database',
    resolves: "the next backup of data files that finds RMAN's records right",
  },
  // restores
  restore_failed: {
    severity: 'warning',
    title: 'A restore failed',
    hint: 'adyton run why RUN names the cause; nothing was overwritten',
    subject: 'database',
    resolves: 'the next restore of that database that succeeds',
  },
  // hosts and databases
  agent_not_running: {
    severity: 'warning',
    title: 'The agent of a database host is not running',
    hint: 'start it on the database host: systemctl start adyton-agent',
    subject: 'host',
    resolves: 'the next sign of the agent',
  },
  recovery_area_filling: {
    severity: 'warning',
    title: 'The recovery area of a database fills up',
    hint: 'a full one stops the database: back the archived logs up, delete those that are backed up, or enlarge it',
    subject: 'database',
    resolves: 'a report of the agent well below the limit',
  },
  database_changed: {
    severity: 'warning',
    title: 'A database on a host is not what is registered',
    hint: 'the detail says what is new, moved, renamed or gone; register the database as it is now',
    subject: 'database or host',
    resolves: 'when the host and the registration agree again',
  },
  // the vault
  recovery_point_corrupt: {
    severity: 'critical',
    title: 'Recovery points cannot be restored',
    hint: 'take a full backup: it stores the lost data again; adyton list backup DATABASE shows which points are left',
    subject: 'database',
    resolves: 'when no recovery point of the database is corrupt any more',
  },
  vault_damaged: {
    severity: 'critical',
    title: 'Verification found damage in the vault',
    hint: 'adyton vault show OPERATION names each object and what it costs',
    subject: 'the vault',
    resolves: 'a verification of all of the vault, at level 1 or deeper, that finds nothing',
  },
  vault_operation_failed: {
    severity: 'warning',
    title: 'An operation on the vault failed',
    hint: 'adyton vault show OPERATION carries the reason',
    subject: 'kind of operation',
    resolves: 'the next operation of that kind that succeeds',
  },
  release_waiting: {
    severity: 'warning',
    title: 'Pieces that retention let go still wait for the RMAN of their database',
    hint: 'adyton retention show DATABASE says what they wait for; if the database is gone for good: adyton database forget DATABASE',
    subject: 'database',
    resolves: 'when RMAN has forgotten them, or the database was forgotten',
  },
  failed_run_let_go: {
    severity: 'info',
    title: 'What a failed run left is let go: nobody needed it for a week',
    hint: 'nothing is to be done; RMAN is told to forget these pieces, and no recovery point needs them',
    subject: 'run',
    resolves: 'when the pieces are released',
  },
  // the control tier
  queue_stuck: {
    severity: 'critical',
    title: 'Jobs do not reach the queue',
    hint: 'check that Redis runs, has maxmemory-policy noeviction, and that ADYTON_REDIS_URL is right; nothing is lost meanwhile',
    subject: 'the outbox',
    resolves: 'when the outbox is empty or young again',
  },
  notification_failed: {
    severity: 'warning',
    title: 'A notification could not be delivered',
    hint: 'adyton notify deliveries CHANNEL shows every attempt; repair the receiver, then adyton notify test CHANNEL',
    subject: 'notification channel',
    resolves: 'the next delivery to that channel that succeeds, or its removal',
  },
} as const satisfies Record<string, AlertSpec>;

export type AlertKind = keyof typeof alertCatalog;
export const alertKinds = Object.keys(alertCatalog) as [AlertKind, ...AlertKind[]];

export type { AlertSpec };
