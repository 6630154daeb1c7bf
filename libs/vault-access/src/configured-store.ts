// The object store the settings name, opened when first used, limited and then retried, so that a retry waits for its turn like any request.
import { AdytonError } from '@adyton/contracts';
import {
  isFit,
  limitedStore,
  openObjectStore,
  probeObjectStore,
  retryingStore,
  type ObjectStore,
  type ObjectStoreConfig,
} from '@adyton/object-store';
import { ConfigError, type ConfigOf, type storeSettings } from '@adyton/runtime';
import { inOurWords } from './in-our-words';

export type StoreSettings = ConfigOf<typeof storeSettings>;

/** @throws AdytonError ADY_STORE_…; a failed opening is tried again by the next call. */
export type StoreOpener = () => Promise<ObjectStore>;

/** @throws ConfigError when the settings name no usable store. */
export function configuredStore(config: StoreSettings): StoreOpener {
  const storeConfig = storeConfigOf(config);
  let opening: Promise<ObjectStore> | undefined;
  return () => {
    opening ??= inOurWords(async () => retryingStore(limitedStore(await openObjectStore(storeConfig)))).catch(
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
}

/** Proves that the store keeps what the vault is built on. @returns what was proven. @throws AdytonError ADY_STORE_UNFIT */
export function storeProbe(openStore: StoreOpener, newProbeId: () => string): () => Promise<string> {
  return () =>
    inOurWords(async () => {
      const store = await openStore();
      const report = await probeObjectStore(store, newProbeId());
      if (!isFit(report))
        throw new AdytonError(
          'ADY_STORE_UNFIT',
          `${store.name} cannot hold a vault: ${JSON.stringify(report)}`,
        );
      return `${store.name}: create, conditional create, list and get work${report.deleted ? '' : '; delete is denied'}`;
    });
}

function storeConfigOf(config: StoreSettings): ObjectStoreConfig {
  if (config.ADYTON_STORE_KIND === 'filesystem')
    return { kind: 'filesystem', directory: required(config, 'ADYTON_STORE_DIRECTORY') };
  return {
    kind: 's3',
    endpoint: required(config, 'ADYTON_S3_ENDPOINT'),
    region: config.ADYTON_S3_REGION,
    bucket: required(config, 'ADYTON_S3_BUCKET'),
    accessKeyId: required(config, 'ADYTON_S3_ACCESS_KEY_ID'),
    secretAccessKey: required(config, 'ADYTON_S3_SECRET_ACCESS_KEY'),
    ...(config.ADYTON_S3_PREFIX === undefined ? {} : { prefix: config.ADYTON_S3_PREFIX }),
  };
}

function required(config: StoreSettings, name: keyof StoreSettings): string {
  const value = config[name];
  if (typeof value !== 'string')
    throw new ConfigError([`${name}: is required when ADYTON_STORE_KIND is ${config.ADYTON_STORE_KIND}`]);
  return value;
}
