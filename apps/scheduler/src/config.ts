// Settings of the scheduler.
import { KEEP_TIMES } from '@adyton/ledger';
import {
  defineSettings,
  httpSettings,
  ledgerSettings,
  logSettings,
  redisSettings,
  retentionSettings,
  setting,
  type ConfigOf,
} from '@adyton/runtime';

const HOURS_PER_YEAR = 8_760;
/** A month, in which what went wrong is looked into, and a century, days. */
const AUDIT_KEPT_DAYS_MIN = 30;
const AUDIT_KEPT_DAYS_MAX = 36_500;

export const settings = defineSettings({
  ...logSettings,
  ...httpSettings,
  ...ledgerSettings,
  ...redisSettings,
  ADYTON_TICK_MS: {
    schema: setting.integer(50, 60_000),
    default: '1000',
    doc: 'pause between two looks at windows and leases, and the longest between two at schedules, ms',
  },
  ADYTON_PRESENCE_TTL_SECONDS: {
    schema: setting.integer(1, 600),
    default: '15',
    doc: 'how long an agent is believed to run after its last sign, seconds',
  },
  ADYTON_CLAIM_SECONDS: {
    schema: setting.integer(1, 600),
    default: '10',
    doc: 'how long an agent may take to claim a request somebody waits for, or to take over a run that moved to it, seconds',
  },
  ADYTON_DISCOVER_EVERY_HOURS: {
    schema: setting.integer(0, HOURS_PER_YEAR),
    default: '4',
    doc: 'hours between two discoveries of databases on a host whose agent runs; 0 for none but those people ask for',
  },
  ADYTON_VERIFY_EVERY_HOURS: {
    schema: setting.integer(0, HOURS_PER_YEAR),
    default: '24',
    doc: 'hours between two verifications of the vault at level 1, at most two hours each; 0 for none',
  },
  ADYTON_AUDIT_KEPT_DAYS: {
    schema: setting.integer(AUDIT_KEPT_DAYS_MIN, AUDIT_KEPT_DAYS_MAX),
    default: String(KEEP_TIMES.audit_events.days),
    doc: 'days that the audit trail is kept for; what it says of requests, runs and recovery points stays as long as they do',
  },
  ...retentionSettings,
  ADYTON_COLLECT_EVERY_HOURS: {
    schema: setting.integer(0, HOURS_PER_YEAR),
    default: '24',
    doc: 'hours between two collections of what no recovery point needs; 0 for none',
  },
});

export type SchedulerConfig = ConfigOf<typeof settings>;
