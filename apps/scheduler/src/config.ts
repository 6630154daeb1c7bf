// Settings of the scheduler.
import {
  defineSettings,
  httpSettings,
  ledgerSettings,
  logSettings,
  redisSettings,
  setting,
  type ConfigOf,
} from '@adyton/runtime';

export const settings = defineSettings({
  ...logSettings,
  ...httpSettings,
  ...ledgerSettings,
  ...redisSettings,
  ADYTON_TICK_MS: {
    schema: setting.integer(50, 60_000),
    default: '1000',
    doc: 'pause between two looks at schedules, windows and leases, ms',
  },
  ADYTON_PRESENCE_TTL_SECONDS: {
    schema: setting.integer(1, 600),
    default: '15',
    doc: 'how long an agent is believed to run after its last sign, seconds',
  },
  ADYTON_CLAIM_SECONDS: {
    schema: setting.integer(1, 600),
    default: '10',
    doc: 'how long an agent may take to claim a request somebody waits for, seconds',
  },
});

export type SchedulerConfig = ConfigOf<typeof settings>;
