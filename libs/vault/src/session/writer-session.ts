// The writer of one run attempt on one host. Its marker is in the bucket before it looks at what the collector condemned (W1, W2);
// packs, index and recipes follow (W3); creating the manifest is the commit (W4); an end marker closes it (W5).
import { type ObjectStore } from '@adyton/object-store';
import { ulid } from 'ulid';
import { bufferOver } from '../compute/buffer-over';
import { type Compute } from '../compute/compute';
import { type DatabaseKeys } from '../crypto/database-keys';
import { type MapKeys, mapKeysOf } from '../crypto/map-keys';
import { sealDocument } from '../crypto/sealed-document';
import { openDedupIndex, type DedupIndex, type IndexTrouble } from '../dedup-index/dedup-index';
import { decodeMapChunk, type MapChunk } from '../format/map-chunk';
import { packObjectKey, type PackRef } from '../format/pack';
import { freeAtOnce } from '../format/free-at-once';
import { encodeRecipe, freeColumns, type Recipe } from '../format/recipe';
import { type NamedChunk } from '../format/stored-chunk';
import { HANDLE_BYTES_MAX } from '../limits';
import { type IngestBuffers } from '../ingest/ingest-buffers';
import { type IngestContext } from '../ingest/ingest-context';
import { PieceIngest } from '../ingest/piece-ingest';
import { PriorMaps } from '../map/prior-maps';
import { streamOf } from '../map/stream-of';
import { readChunks } from '../restore/read-chunks';
import { unlessDamaged, VaultError } from '../vault-error';
import { type ClosurePiece, findClosure, packKeysOf } from './closure';
import { createManifest, isFenced, manifestKeyOf } from './manifest';
import { readUnusablePacks, unusableAmong } from './unusable-packs';
import { type LockOrder } from './lock-packs';
import { createPartial, piecesOfSessions, type NamedPiece } from './partial-manifest';
import {
  findPiece,
  findRecipeKey,
  findRecipeKeys,
  hideRecipe,
  recipeKeyOf,
  removePiece,
  type FoundPiece,
} from './piece-names';
import {
  endSession,
  hasEnded,
  listOpenSessions,
  sessionKey,
  type OpenSession,
  type SessionMarker,
} from './sessions';

export interface WriterSessionOptions {
  readonly store: ObjectStore;
  readonly vaultId: string;
  readonly keys: DatabaseKeys;
  /** Decimal. */
  readonly dbid: string;
  readonly runId: string;
  readonly fence: number;
  readonly compute: Compute;
  /** Those of the process: sessions share them. */
  readonly buffers: IngestBuffers;
  readonly now: () => Date;
  /** Session of the run's primary host, when this is a secondary one. */
  readonly parent?: string;
  /** Where this host keeps index segments, up to about 1 GiB per TiB of data; in memory without it, which only small vaults bear. */
  readonly indexCacheDirectory?: string;
  /** What is wrong with the index; it costs space only. */
  readonly reportIndexTrouble?: (trouble: IndexTrouble) => void;
  /** Where the vault has Object Lock: a commit waits until every pack of its closure is locked. */
  readonly lock?: LockOrder;
}

export type ClosedPiece = Omit<ClosurePiece, 'packKeys'>;

export type CommitOutcome =
  | {
      readonly kind: 'committed';
      readonly manifestKey: string;
      readonly sha256: string;
      readonly bytesStored: number;
    }
  /** Somebody fenced this run: it must not commit any more. */
  | { readonly kind: 'fenced'; readonly manifestKey: string }
  /** Pieces of the closure are not in the vault, or packs of theirs are gone or condemned. */
  | { readonly kind: 'missing'; readonly handles: readonly string[] };

export async function openWriterSession(options: WriterSessionOptions): Promise<WriterSession> {
  const now = options.now();
  const sid = ulid(now.getTime());
  const marker: SessionMarker = {
    v: 1,
    runId: options.runId,
    fence: options.fence,
    dbKey: options.keys.dbKey,
    manifestKey: manifestKeyOf({ ...options, dbKey: options.keys.dbKey }),
    parent: options.parent ?? null,
    startedAt: now.toISOString(),
  };
  await options.store.create(sessionKey(sid), Buffer.from(JSON.stringify(marker)));
  const condemned = await readUnusablePacks(options.store);
  const index = await openDedupIndex({
    store: options.store,
    keys: options.keys,
    sid,
    cacheDirectory: options.indexCacheDirectory,
    isUsable: (pack) => !condemned.has(packObjectKey(pack)),
    report: options.reportIndexTrouble ?? ((): void => undefined),
  });
  return new WriterSession(options, sid, { condemned, index });
}

export class WriterSession {
  private readonly condemned: ReadonlySet<string>;
  private readonly index: DedupIndex;
  private heartbeats = 0;
  private readonly priorMaps: PriorMaps;
  private readonly mapKeys: MapKeys;
  private readonly open = new Map<string, PieceIngest>();
  private closed: ClosedPiece[] = [];
  private readonly stopped = new AbortController();
  private bytesUploaded = 0;
  private ended = false;

  /** Use openWriterSession. */
  constructor(
    private readonly options: WriterSessionOptions,
    readonly sid: string,
    known: { readonly condemned: ReadonlySet<string>; readonly index: DedupIndex },
  ) {
    this.condemned = known.condemned;
    this.index = known.index;
    this.priorMaps = new PriorMaps(options.store, options.keys);
    this.mapKeys = mapKeysOf(options.keys);
  }

  private get lookup() {
    return { store: this.options.store, keys: this.options.keys, dbid: this.options.dbid };
  }

  /** @throws VaultError piece-exists when the handle is live: handles are never used twice. */
  async openPiece(handle: string): Promise<PieceIngest> {
    if (handle.length === 0 || Buffer.byteLength(handle) > HANDLE_BYTES_MAX)
      throw new RangeError(`a handle has 1 to ${HANDLE_BYTES_MAX} bytes`);
    if (this.ended) throw this.endedError();
    const isStored = (await findRecipeKey(this.lookup, handle)) !== null;
    const prior = streamOf(handle) === null ? null : await this.priorMaps.of(handle);
    // asked last: the same handle may have been opened meanwhile
    if (isStored || this.open.has(handle))
      throw new VaultError('piece-exists', `piece ${handle} exists already`, { handle });
    this.stopped.signal.throwIfAborted();
    const piece = new PieceIngest(this.ingestContext(), handle, prior);
    this.open.set(handle, piece);
    return piece;
  }

  /** Bytes of pieces that are still coming in. */
  openTotals(): { readonly bytesRead: number; readonly bytesNew: number; readonly bytesStored: number } {
    const sum = { bytesRead: 0, bytesNew: 0, bytesStored: 0 };
    for (const { totals } of this.open.values()) {
      sum.bytesRead += totals.bytesRead;
      sum.bytesNew += totals.bytesNew;
      sum.bytesStored += totals.bytesStored;
    }
    return sum;
  }

  /** Bytes of packs that became durable: while it grows, uploads advance. */
  get uploadedBytes(): number {
    return this.bytesUploaded;
  }

  /** No piece of this session is closed from now on; those that are open fail with the reason. `end` is still to come. */
  stop(reason: Error): void {
    this.stopped.abort(reason);
    for (const piece of this.open.values()) piece.stop(reason);
  }

  /** Whether pieces are coming in or being closed. */
  hasOpenPieces(): boolean {
    return this.open.size > 0;
  }

  /** A piece that this session closed and did not remove since; a commit looks once more at all it consists of. */
  closedPiece(handle: string): ClosedPiece | null {
    return this.closed.find((piece) => piece.handle === handle) ?? null;
  }

  /** Hides a piece that this session closed. @throws VaultError piece-missing; ObjectStoreError */
  async removePiece(handle: string): Promise<void> {
    await removePiece(this.lookup, handle);
    this.closed = this.closed.filter((piece) => piece.handle !== handle);
  }

  findPiece(handle: string): Promise<FoundPiece | null> {
    return findPiece(this.lookup, handle);
  }

  /** Liveness for a collector; at least every ten minutes. */
  async heartbeat(): Promise<void> {
    await this.options.store.create(
      `${sessionKey(this.sid)}.hb.${(this.heartbeats += 1)}`,
      Buffer.from(this.options.now().toISOString()),
    );
  }

  /** Checks every piece of the closure, then creates the manifest. Doing it again finds what was done. */
  async commit(draft: {
    readonly contents: unknown;
    readonly closure: readonly string[];
  }): Promise<CommitOutcome> {
    if (this.ended || this.options.parent !== undefined) throw this.endedError();
    await this.index.flush();
    const found = await findClosure(this.lookup, draft.closure);
    const missing = draft.closure.filter((_, i) => found[i] === null);
    const gone =
      missing.length > 0
        ? new Set<string>()
        : await unusableAmong(this.options.store, packKeysOf(found), this.condemned);
    const broken = found.flatMap((piece) =>
      piece !== null && piece.packKeys.some((k) => gone.has(k)) ? [piece.handle] : [],
    );
    if (missing.length + broken.length > 0) return { kind: 'missing', handles: [...missing, ...broken] };
    const { store, keys, vaultId, runId, fence, lock } = this.options;
    await lock?.lockPacks([...packKeysOf(found)], lock.until);
    const pieces = found.flatMap((p) =>
      p === null ? [] : [{ handle: p.handle, recipeKey: p.recipeKey, bytes: p.bytes }],
    );
    const created = await createManifest(store, keys, {
      v: 1,
      vaultId,
      dbKey: keys.dbKey,
      runId,
      fence,
      sid: this.sid,
      createdAt: this.options.now().toISOString(),
      contents: draft.contents,
      ...(lock === undefined ? {} : { lockedUntil: lock.until.toISOString() }),
      pieces,
    });
    if (created.kind === 'fenced') return created;
    return { ...created, bytesStored: this.index.bytesStored + created.bytes };
  }

  /**
   * What a failed run leaves that RMAN still lists: a collector keeps it like a manifest. It names the pieces of all sessions of this run
   * attempt, so the parent leaves it and a secondary session does nothing here.
   */
  async leavePartial(why: string): Promise<void> {
    await this.index.flush();
    if (this.options.parent !== undefined) return;
    const { store, keys, runId, fence } = this.options;
    const others = (await this.openSessionsOfRun()).filter(({ sid }) => sid !== this.sid);
    const pieces =
      others.length === 0
        ? await this.closedPieces()
        : await piecesOfSessions(store, keys, new Set([this.sid, ...others.map(({ sid }) => sid)]));
    if (pieces.length === 0) return;
    await createPartial(store, keys, this.manifestKey, { v: 1, runId, fence, sid: this.sid, why, pieces });
  }

  /** Throws open pieces away and closes the session, its secondary sessions first; a secondary one is closed by its parent. */
  async end(): Promise<void> {
    this.ended = true;
    await Promise.all([...this.open.values()].map((piece) => piece.abort()));
    await this.index.flush();
    await this.index.close();
    if (this.options.parent !== undefined) return;
    const { store, now } = this.options;
    for (const { sid, marker } of await this.openSessionsOfRun())
      if (marker.parent === this.sid) await endSession(store, sid, now());
    await endSession(store, this.sid, now());
  }

  private get manifestKey(): string {
    return manifestKeyOf({ ...this.options, dbKey: this.options.keys.dbKey });
  }

  private async openSessionsOfRun(): Promise<OpenSession[]> {
    const open = await listOpenSessions(this.options.store);
    return open.filter(({ marker }) => marker.manifestKey === this.manifestKey);
  }

  /** Without those that were removed since. */
  private async closedPieces(): Promise<NamedPiece[]> {
    const keys = await findRecipeKeys(
      this.lookup,
      this.closed.map(({ handle }) => handle),
    );
    return this.closed.flatMap(({ handle, recipeKey }, i) =>
      keys[i] === recipeKey ? [{ handle, recipeKey }] : [],
    );
  }

  private endedError(): VaultError {
    return new VaultError(
      'session-ended',
      `session ${this.sid} takes no more: it has ended, or is not the primary one`,
    );
  }

  private ingestContext(): IngestContext {
    const { compute, keys, vaultId } = this.options;
    return {
      compute,
      keys,
      mapKeys: this.mapKeys,
      vaultId,
      sid: this.sid,
      buffers: this.options.buffers,
      now: () => this.options.now(),
      findStored: (id) => this.index.find(id),
      isUsable: (pack) => this.isUsable(pack),
      readMap: (ref) => this.readMap(ref),
      uploadPack: async (pack, bytes, signal) => {
        await this.options.store.create(packObjectKey(pack), bytes, { signal });
        this.bytesUploaded += bytes.length;
      },
      learnStored: (id, stored) => this.index.learn(id, stored),
      writeRecipe: (recipe, stopped) => this.writeRecipe(recipe, stopped),
      pieceEnded: (handle) => void this.open.delete(handle),
    };
  }

  private isUsable(pack: PackRef): boolean {
    return !this.condemned.has(packObjectKey(pack));
  }

  private readMap(ref: NamedChunk): Promise<MapChunk | null> {
    return unlessDamaged(async () => {
      const [body = new Uint8Array()] = await readChunks(this.options, ref.pack, [ref]);
      return decodeMapChunk(bufferOver(body), this.mapKeys);
    });
  }

  /** Takes the recipe's columns over: those of a large piece are tens of megabytes. */
  private async writeRecipe(
    recipe: Omit<Recipe, 'createdAt' | 'dbid'>,
    stopped: AbortSignal,
  ): Promise<{ recipeKey: string; bytes: number }> {
    const now = this.options.now();
    const { store, keys, dbid } = this.options;
    const recipeKey = recipeKeyOf(this.lookup, recipe.handle, { ulid: ulid(now.getTime()), sid: this.sid });
    const createdAt = now.toISOString();
    const body = encodeRecipe({ ...recipe, dbid, createdAt });
    freeColumns(recipe);
    const sealed = sealDocument(keys.metaKey, 'recipe', body, recipeKey);
    freeAtOnce(body);
    await store.create(recipeKey, sealed); // not ended by a stop: whether it is there would not be known
    await this.assertNotTakenForDead(recipeKey);
    if (stopped.aborted) await hideRecipe(store, 'removed', recipeKey);
    stopped.throwIfAborted();
    this.closed.push({ handle: recipe.handle, recipeKey, bytes: recipe.bytes, createdAt });
    return { recipeKey, bytes: sealed.length };
  }

  /** Whoever took this writer for dead fenced its run and ended its session: what the recipe names may be gone. It was never closed, then. */
  private async assertNotTakenForDead(recipeKey: string): Promise<void> {
    const { store } = this.options;
    const [ended, fenced] = await Promise.all([hasEnded(store, this.sid), isFenced(store, this.manifestKey)]);
    if (!ended && !fenced) return;
    await hideRecipe(store, 'removed', recipeKey);
    throw this.endedError();
  }
}
