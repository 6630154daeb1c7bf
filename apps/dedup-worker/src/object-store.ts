// The object store of a dedup-worker, from its settings: limited, then retried, so that a retry waits for its turn like any request.
import {
  limitedStore,
  openObjectStore,
  retryingStore,
  type ObjectStore,
  type ObjectStoreConfig,
} from '@adyton/object-store';
import { ConfigError, type Logger } from '@adyton/runtime';
import { type DedupWorkerConfig } from './config';

export async function openWorkerStore(config: DedupWorkerConfig, log: Logger): Promise<ObjectStore> {
  const store = await openObjectStore(storeConfig(config));
  log.info({ store: store.name }, 'store.opened');
  return retryingStore(limitedStore(store));
}

function storeConfig(config: DedupWorkerConfig): ObjectStoreConfig {
  if (config.ADYTON_STORE_KIND === 'filesystem') {
    return {
      kind: 'filesystem',
      directory: required(config.ADYTON_STORE_DIRECTORY, 'ADYTON_STORE_DIRECTORY'),
    };
  }
  return {
    kind: 's3',
    endpoint: required(config.ADYTON_S3_ENDPOINT, 'ADYTON_S3_ENDPOINT'),
    region: config.ADYTON_S3_REGION,
    bucket: required(config.ADYTON_S3_BUCKET, 'ADYTON_S3_BUCKET'),
    accessKeyId: required(config.ADYTON_S3_ACCESS_KEY_ID, 'ADYTON_S3_ACCESS_KEY_ID'),
    secretAccessKey: required(config.ADYTON_S3_SECRET_ACCESS_KEY, 'ADYTON_S3_SECRET_ACCESS_KEY'),
    ...(config.ADYTON_S3_PREFIX === undefined ? {} : { prefix: config.ADYTON_S3_PREFIX }),
  };
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new ConfigError([`${name}: is required for this ADYTON_STORE_KIND`]);
  return value;
}
