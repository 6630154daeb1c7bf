// Settings that several processes share. A process composes its own list from these and adds what only it needs.
import { hostId } from '@adyton/contracts';
import { setting, type Setting, type Settings } from './config';

/** Keeps the literal types of a list while checking its shape. */
export function defineSettings<const S extends Settings>(settings: S): S {
  return settings;
}

export const logSettings = defineSettings({
  ADYTON_LOG_LEVEL: {
    schema: setting.choice(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    doc: 'least severe log event that is written',
  },
});

export const httpSettings = defineSettings({
  ADYTON_HTTP_HOST: {
    schema: setting.text,
    default: '127.0.0.1',
    doc: 'address to listen on; 0.0.0.0 in a container',
  },
  ADYTON_HTTP_PORT: {
    schema: setting.port,
    default: '8080',
    doc: 'TCP port to listen on; 0 takes a free one',
  },
});

export const ledgerSettings = defineSettings({
  ADYTON_LEDGER_URL: { schema: setting.url, secret: true, doc: 'Postgres connection URL of the ledger' },
});

export const redisSettings = defineSettings({
  ADYTON_REDIS_URL: { schema: setting.url, secret: true, doc: 'Redis connection URL of the queues' },
});

/** Workflow tests run these at a tenth; the defaults are the product's promises. */
export const durationSettings = defineSettings({
  ADYTON_LEASE_SECONDS: {
    schema: setting.integer(1, 3_600),
    default: '30',
    doc: 'how long a run lives without a heartbeat; agents send one three times in it',
  },
  ADYTON_PRESENCE_TTL_SECONDS: {
    schema: setting.seconds(0.5, 3_600),
    default: '15',
    doc: 'how long an agent counts as running after its last sign',
  },
  ADYTON_CLAIM_SECONDS: {
    schema: setting.seconds(0.5, 3_600),
    default: '10',
    doc: 'how long an agent may take to claim a request somebody waits for, or to take over a run that moved to it',
  },
});

const HOURS_PER_YEAR = 8_760;

export const retentionSettings = defineSettings({
  ADYTON_RETENTION_GRACE_HOURS: {
    schema: setting.integer(0, HOURS_PER_YEAR),
    default: '24',
    doc: 'hours a recovery point that was let go can still be taken back: a day for somebody to see it and say no; 0 for none',
  },
});

export const hostSettings = defineSettings({
  ADYTON_CONTROL_PLANE_URL: { schema: setting.url, doc: 'base URL of the control-plane' },
  ADYTON_HOST_ID: {
    schema: hostId,
    doc: 'id of this database host, from its enrolment (hst_…)',
  },
  ADYTON_HOST_TOKEN: {
    schema: setting.text,
    secret: true,
    doc: 'token of this database host, from its enrolment',
  },
  ADYTON_STATE_DIR: {
    schema: setting.path,
    doc: 'directory for what survives a restart: keys and token files, mode 0700',
  },
  ADYTON_SBT_SOCKET: {
    schema: setting.path,
    doc: 'Unix socket between libobk.so and the dedup-worker, at most 100 characters',
  },
});

export const storeSettings = defineSettings({
  ADYTON_STORE_KIND: {
    schema: setting.choice(['s3', 'filesystem']),
    default: 's3',
    doc: 'kind of object store',
  },
  ADYTON_STORE_DIRECTORY: {
    schema: setting.path,
    optional: true,
    doc: 'directory of a filesystem store',
  } satisfies Setting,
  ADYTON_S3_ENDPOINT: { schema: setting.url, optional: true, doc: 'endpoint URL of the S3-compatible store' },
  ADYTON_S3_REGION: { schema: setting.text, default: 'us-east-1', doc: 'region name used in signatures' },
  ADYTON_S3_BUCKET: { schema: setting.text, optional: true, doc: 'bucket of the vault' },
  ADYTON_S3_PREFIX: {
    schema: setting.text,
    optional: true,
    doc: 'key prefix of the vault inside the bucket',
  },
  ADYTON_S3_ACCESS_KEY_ID: { schema: setting.text, optional: true, doc: 'access key id' },
  ADYTON_S3_SECRET_ACCESS_KEY: {
    schema: setting.text,
    optional: true,
    secret: true,
    doc: 'secret access key',
  },
});
