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
});
