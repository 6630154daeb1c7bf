// Every recovery point of a vault, from the bucket and the master key alone: what a lost ledger is rebuilt from. Of the manifests of one run
// the one with the highest fence counts; tombstones are none, and what retention let go is passed over.
import { type ObjectStore } from '@adyton/object-store';
import { createHash } from 'node:crypto';
import { databaseKeysOf, type DatabaseKeys } from '../crypto/database-keys';
import { unlessDamaged } from '../vault-error';
import { isTombstone, parseManifest, type Manifest } from './manifest';

export type FoundRecoveryPoint =
  | {
      readonly kind: 'recovery-point';
      readonly dbKey: string;
      readonly manifestKey: string;
      /** Of the manifest's object, hex: what the ledger holds to know it again. */
      readonly sha256: string;
      /** Of the manifest's object. */
      readonly bytes: number;
      readonly manifest: Manifest;
    }
  /** A manifest that cannot be read, or is gone between listing and reading. */
  | { readonly kind: 'damaged'; readonly dbKey: string; readonly objectKey: string };

export interface RecoveryPointsOptions {
  readonly store: ObjectStore;
  readonly masterKey: Uint8Array;
  readonly vaultId: string;
}

interface NamedManifest {
  readonly objectKey: string;
  readonly dbKey: string;
  readonly runId: string;
  readonly fence: number;
}

const MANIFEST_KEY = /^manifest\/([0-9a-f]{16})\/(.+)-(\d+)$/;

/** Database by database, run by run. @throws ObjectStoreError */
export async function* readRecoveryPoints(
  options: RecoveryPointsOptions,
): AsyncGenerator<FoundRecoveryPoint> {
  for await (const manifests of manifestsByDatabase(options.store)) {
    const dbKey = manifests[0]?.dbKey ?? '';
    const keys = databaseKeysOf(options.masterKey, options.vaultId, dbKey);
    const expired = await expiredManifests(options.store, dbKey);
    for (const ofRun of byRun(manifests)) yield* pointOfRun(options.store, keys, { ofRun, expired });
  }
}

/** The manifest of a run, and before it those of higher fences that are damaged. */
async function* pointOfRun(
  store: ObjectStore,
  keys: DatabaseKeys,
  { ofRun, expired }: { readonly ofRun: readonly NamedManifest[]; readonly expired: ReadonlySet<string> },
): AsyncGenerator<FoundRecoveryPoint> {
  for (const { objectKey, dbKey } of ofRun) {
    if (expired.has(objectKey)) return; // the run's recovery point was let go: older fences of it are none
    const sealed = await store.get(objectKey);
    if (sealed !== null && isTombstone(sealed)) continue;
    const manifest =
      sealed === null ? null : await unlessDamaged(async () => parseManifest(sealed, keys, objectKey));
    if (sealed === null || manifest === null) {
      yield { kind: 'damaged', dbKey, objectKey };
      continue;
    }
    const sha256 = createHash('sha256').update(sealed).digest('hex');
    yield { kind: 'recovery-point', dbKey, manifestKey: objectKey, sha256, bytes: sealed.length, manifest };
    return;
  }
}

/** Names come in their order, so those of one database come together. */
async function* manifestsByDatabase(store: ObjectStore): AsyncGenerator<NamedManifest[]> {
  let manifests: NamedManifest[] = [];
  for await (const { key } of store.list('manifest/')) {
    const [, dbKey, runId, fence] = MANIFEST_KEY.exec(key) ?? [];
    if (dbKey === undefined || runId === undefined) continue; // a partial, or nothing of ours
    if (manifests.length > 0 && manifests[0]?.dbKey !== dbKey) {
      yield manifests;
      manifests = [];
    }
    manifests.push({ objectKey: key, dbKey, runId, fence: Number(fence) });
  }
  if (manifests.length > 0) yield manifests;
}

/** Of each run the highest fence first. */
function byRun(manifests: readonly NamedManifest[]): NamedManifest[][] {
  const runs = Map.groupBy(manifests, ({ runId }) => runId);
  return [...runs.values()].map((ofRun) => ofRun.sort((a, b) => b.fence - a.fence));
}

/** `expired/<manifest>` stands for a manifest with the same name below `manifest/`. */
async function expiredManifests(store: ObjectStore, dbKey: string): Promise<ReadonlySet<string>> {
  const expired = new Set<string>();
  for await (const { key } of store.list(`expired/manifest/${dbKey}/`))
    expired.add(key.slice('expired/'.length));
  return expired;
}
