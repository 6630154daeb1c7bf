// A manifest makes a recovery point: creating it, once, is the commit. A tombstone at its key says that the run was fenced.
import { type ObjectStore } from '@adyton/object-store';
import { createHash } from 'node:crypto';
import { type DatabaseKeys } from '../crypto/database-keys';
import { openDocument, sealDocument } from '../crypto/sealed-document';
import { damaged, unsupported } from '../vault-error';

export interface Manifest {
  readonly v: 1;
  readonly vaultId: string;
  readonly dbKey: string;
  readonly runId: string;
  readonly fence: number;
  readonly sid: string;
  /** RFC 3339 */
  readonly createdAt: string;
  /** What the recovery point consists of, in the words of whoever committed it. */
  readonly contents: unknown;
  /** RFC 3339: every pack of the pieces is locked until then; missing in a vault without Object Lock. */
  readonly lockedUntil?: string;
  /** Every piece a restore needs, whichever run wrote it. */
  readonly pieces: readonly { readonly handle: string; readonly recipeKey: string; readonly bytes: number }[];
}

export interface RunName {
  readonly dbKey: string;
  readonly runId: string;
  readonly fence: number;
}

/** Fences are padded, so that keys sort as numbers do. */
const FENCE_DIGITS = 12;
const TOMBSTONE = Buffer.from('ADYTOMB1');

export function manifestKeyOf({ dbKey, runId, fence }: RunName): string {
  return `manifest/${dbKey}/${runId}-${String(fence).padStart(FENCE_DIGITS, '0')}`;
}

/** Of a manifest, or of what a failed run left. */
export function runOfManifestKey(manifestKey: string): string {
  return /^manifest\/[^/]+\/(.+)-\d+(?:\.partial)?$/.exec(manifestKey)?.[1] ?? manifestKey;
}

export type ManifestCreation =
  | {
      readonly kind: 'committed';
      readonly manifestKey: string;
      readonly sha256: string;
      readonly bytes: number;
    }
  | { readonly kind: 'fenced'; readonly manifestKey: string };

/** Creates the manifest, or finds the one an earlier attempt of the same run and fence created. */
export async function createManifest(
  store: ObjectStore,
  keys: DatabaseKeys,
  manifest: Manifest,
): Promise<ManifestCreation> {
  const manifestKey = manifestKeyOf(manifest);
  const sealed = sealDocument(keys.metaKey, 'manifest', Buffer.from(JSON.stringify(manifest)), manifestKey);
  const outcome = await store.create(manifestKey, sealed);
  const there = await store.get(manifestKey); // read back in either case: what counts is what the store holds
  if (there === null) throw damaged(manifestKey, 'missing');
  if (isTombstone(there)) return { kind: 'fenced', manifestKey };
  if (outcome === 'exists') parseManifest(there, keys, manifestKey);
  return {
    kind: 'committed',
    manifestKey,
    sha256: createHash('sha256').update(there).digest('hex'),
    bytes: there.length,
  };
}

/** Keeps a run from committing for ever. @returns false when it had committed before. */
export async function createTombstone(store: ObjectStore, run: RunName, at?: Date): Promise<boolean> {
  const manifestKey = manifestKeyOf(run);
  const tombstone = Buffer.concat([TOMBSTONE, Buffer.from(at?.toISOString() ?? '')]);
  if ((await store.create(manifestKey, tombstone)) === 'created') return true;
  const there = await store.get(manifestKey);
  return there !== null && isTombstone(there);
}

/** Whether a tombstone keeps the run from committing. */
export async function isFenced(store: ObjectStore, manifestKey: string): Promise<boolean> {
  const there = await store.get(manifestKey);
  return there !== null && isTombstone(there);
}

/** When the tombstone was made; null for one that does not say, and for what is none. */
export async function tombstoneTime(store: ObjectStore, manifestKey: string): Promise<Date | null> {
  const bytes = await store.get(manifestKey);
  if (bytes === null || !isTombstone(bytes) || bytes.length === TOMBSTONE.length) return null;
  return new Date(Buffer.from(bytes).subarray(TOMBSTONE.length).toString('utf8'));
}

/** The manifest, or null for a tombstone. @throws VaultError damaged */
export async function readManifest(
  store: ObjectStore,
  keys: DatabaseKeys,
  manifestKey: string,
): Promise<Manifest | null> {
  const sealed = await store.get(manifestKey);
  if (sealed === null) throw damaged(manifestKey, 'missing');
  return isTombstone(sealed) ? null : parseManifest(sealed, keys, manifestKey);
}

export function parseManifest(sealed: Uint8Array, keys: DatabaseKeys, manifestKey: string): Manifest {
  const manifest = JSON.parse(
    openDocument(keys.metaKey, 'manifest', sealed, manifestKey).toString('utf8'),
  ) as Manifest;
  if (manifest.v !== 1) throw unsupported(manifestKey, manifest.v);
  if (manifestKeyOf(manifest) !== manifestKey) throw damaged(manifestKey, 'altered'); // a whole manifest in another's place
  return manifest;
}

export function isTombstone(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).subarray(0, TOMBSTONE.length).equals(TOMBSTONE);
}
