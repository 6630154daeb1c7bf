// Every recovery point of a vault, from the bucket and the master key alone: what a lost ledger is rebuilt from. Of the manifests of one run
// the one with the highest fence counts; tombstones are none, and what retention let go is passed over.
import { type ObjectStore } from '@adyton/object-store';
import { createHash } from 'node:crypto';
import { databaseKeysOf, type DatabaseKeys } from '../crypto/database-keys';
import { damaged, VaultError } from '../vault-error';
import { manifestKeyOfExpired } from '../collect/retention';
import { isTombstone, parseManifest, type Manifest } from './manifest';

export type FoundRecoveryPoint =
  | {
      readonly kind: 'point';
      readonly dbKey: string;
      readonly manifestKey: string;
      /** Of the manifest's object, hex: what the ledger holds to know it again. */
      readonly sha256: string;
      /** Of the manifest's object. */
      readonly bytes: number;
      readonly manifest: Manifest;
    }
  /** A manifest that cannot be read, or is gone between listing and reading. */
  | {
      readonly kind: 'damaged';
      readonly dbKey: string;
      readonly manifestKey: string;
      /** For a person. */
      readonly detail: string;
    };

export interface RecoveryPointsOptions {
  readonly store: ObjectStore;
  readonly masterKey: Uint8Array;
  readonly vaultId: string;
}

interface NamedManifest {
  readonly manifestKey: string;
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
  for (const { manifestKey, dbKey } of ofRun) {
    if (expired.has(manifestKey)) return; // the run's recovery point was let go: older fences of it are none
    const found = await readPoint(store, keys, { manifestKey, dbKey });
    if (found !== null) yield found;
    if (found?.kind === 'point') return;
  }
}

/** Null for a tombstone. */
async function readPoint(
  store: ObjectStore,
  keys: DatabaseKeys,
  name: { readonly dbKey: string; readonly manifestKey: string },
): Promise<FoundRecoveryPoint | null> {
  const { manifestKey } = name;
  const sealed = await store.get(manifestKey);
  if (sealed === null) return { kind: 'damaged', ...name, detail: damaged(manifestKey, 'missing').message };
  if (isTombstone(sealed)) return null;
  try {
    const manifest = parseManifest(sealed, keys, manifestKey);
    const sha256 = createHash('sha256').update(sealed).digest('hex');
    return { kind: 'point', ...name, sha256, bytes: sealed.length, manifest };
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return { kind: 'damaged', ...name, detail: error.message };
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
    manifests.push({ manifestKey: key, dbKey, runId, fence: Number(fence) });
  }
  if (manifests.length > 0) yield manifests;
}

/** Of each run the highest fence first. */
function byRun(manifests: readonly NamedManifest[]): NamedManifest[][] {
  const runs = Map.groupBy(manifests, ({ runId }) => runId);
  return [...runs.values()].map((ofRun) => ofRun.sort((a, b) => b.fence - a.fence));
}

async function expiredManifests(store: ObjectStore, dbKey: string): Promise<ReadonlySet<string>> {
  const expired = new Set<string>();
  for await (const { key } of store.list(`expired/${dbKey}/`)) expired.add(manifestKeyOfExpired(key));
  return expired;
}

/** Names, `dbKey`, of the databases that have recovery points or an index in the bucket. @throws ObjectStoreError */
export async function listDatabaseNames(store: ObjectStore): Promise<string[]> {
  const names = new Set<string>();
  for (const folder of ['manifest/', 'index/'])
    for await (const { key } of store.list(folder)) names.add(key.split('/')[1] ?? '');
  return [...names].sort();
}
