// From configuration to store.
import { FilesystemStore } from './filesystem-store';
import { MemoryStore } from './memory-store';
import { type ObjectStore } from './object-store';
import { S3Store, type S3StoreConfig } from './s3-store';

export type ObjectStoreConfig =
  | ({ readonly kind: 's3' } & S3StoreConfig)
  | { readonly kind: 'filesystem'; readonly directory: string }
  | { readonly kind: 'memory' };

/** @throws ObjectStoreError when the store cannot be used. */
export async function openObjectStore(config: ObjectStoreConfig): Promise<ObjectStore> {
  switch (config.kind) {
    case 's3':
      return S3Store.open(config);
    case 'filesystem':
      return FilesystemStore.open(config.directory);
    case 'memory':
      return new MemoryStore();
  }
}
