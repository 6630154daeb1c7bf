// Settings of the dedup-worker on a database host.
import {
  defineSettings,
  hostSettings,
  logSettings,
  redisSettings,
  setting,
  type Setting,
  storeSettings,
} from '@adyton/runtime';

/** More threads than a database host can spare for a backup; two channels keep two busy. */
const COMPUTE_THREADS_MAX = 32;

export const computeSettings = defineSettings({
  ADYTON_COMPUTE_THREADS: {
    schema: setting.integer(1, COMPUTE_THREADS_MAX),
    default: '2',
    doc: 'worker threads for hashing, compression and encryption',
  },
});

/** libobk.so gives up 5 minutes later: whoever waits longer only hears a worse reason, seconds. */
const CLOSE_DEADLINE_SECONDS_MAX = 1_800;

/** libobk.so gives up a minute later, seconds; one request to the store is tried again for as long. */
const ANSWER_SECONDS_MAX = 240;

/** How long RMAN may be held up. */
const waitSettings = defineSettings({
  ADYTON_ANSWER_SECONDS: {
    schema: setting.integer(1, ANSWER_SECONDS_MAX),
    default: String(ANSWER_SECONDS_MAX),
    doc: 'how long RMAN may wait for a channel to be greeted and for a piece to be opened, looked up, read on or removed while the object store does not answer, seconds; then the call fails with `ADY_STORE_UNAVAILABLE`',
  },
  ADYTON_CLOSE_DEADLINE_SECONDS: {
    schema: setting.integer(1, CLOSE_DEADLINE_SECONDS_MAX),
    default: String(CLOSE_DEADLINE_SECONDS_MAX),
    doc: 'how long RMAN may wait for a closed piece to be durable while uploads advance, seconds; then the close fails',
  },
  ADYTON_UPLOAD_STALL_SECONDS: {
    schema: setting.integer(1, CLOSE_DEADLINE_SECONDS_MAX),
    default: '300',
    doc: 'how long it may wait while no pack of the run reaches the store, seconds; longer than the retries of one request, 240',
  },
});

export const settings = defineSettings({
  ADYTON_CACHE_DIR: {
    schema: setting.path,
    optional: true,
    doc: 'directory for copies of the vault’s index, about 1 GiB per TiB of data; may be deleted at any time; default `index-cache` below `ADYTON_STATE_DIR`',
  } satisfies Setting,
  ...logSettings,
  ...hostSettings,
  ...redisSettings,
  ...storeSettings,
  ...computeSettings,
  ...waitSettings,
});
