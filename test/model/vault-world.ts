// A vault with everybody at work on it at once: writers that succeed, fail and die, retention, restores, collectors that are killed, an
// operator who takes living writers for dead. The real code on a store in memory; a seed decides who is next at each call.
import {
  faultyStore,
  MemoryStore,
  ObjectStoreError,
  retryingStore,
  type ObjectStore,
  type StoreFault,
} from '@adyton/object-store';
import {
  collectGarbage,
  deriveDatabaseKeys,
  endPin,
  expireRecoveryPoint,
  findPiece,
  IngestBuffers,
  inlineCompute,
  openWriterSession,
  pinPieces,
  readManifest,
  readPartial,
  releasePiece,
  VaultError,
  type CollectionReport,
  type NamedPiece,
  type WriterSession,
} from '@adyton/vault';
import { dataFilePiece, range, seeded } from '../../libs/vault/src/testing/oracle-stream';
import { writePiece } from '../../libs/vault/src/testing/test-vault';
import { packObjectKey } from '../../libs/vault/src/format/pack';
import { readAnyRecipe } from '../../libs/vault/src/session/piece-names';
import { Schedule } from './scheduled-store';

const VAULT_ID = '01K9Z0000000000000000VAULT';
const DBID = '1565056049';
const MASTER_KEY = Buffer.alloc(32, 7);
const HOUR_MS = 3_600_000;
/** Faults that a retry rides out, by what they befall. */
const FAULTS: readonly (readonly [string, StoreFault])[] = [
  ['create', 'reply-lost'],
  ['create', 'unavailable'],
  ['create', 'conflict'],
  ['get', 'cut-body'],
  ['get', 'unavailable'],
  ['list', 'unavailable'],
  ['delete', 'reply-lost'],
];
const FAULT_SHARE = 0.1;
/** Data files; each run backs up one, and only its own backups share chunks. */
const FILES = 5;
/** A listing this stale is some seconds behind. */
const STALE_CREATIONS = 40;
/** Shared by all worlds of a process: their memory is large. */
const buffers = new IngestBuffers();

export interface WorldOptions {
  readonly seed: number;
  /** Listings that do not show the latest objects, except to the probe. */
  readonly staleLists?: boolean;
}

export class VaultWorld {
  readonly memory = new MemoryStore();
  readonly keys = deriveDatabaseKeys(MASTER_KEY, VAULT_ID, DBID);
  readonly lost: string[] = [];
  readonly schedule: Schedule;
  private readonly random: () => number;
  private readonly shared: ObjectStore;
  private readonly reading = new Set<string>();
  private nowMs = Date.parse('2026-01-01T00:00:00Z');
  private runs = 0;
  private probes = 0;
  private changed = false;
  /** How readily an operator takes a writer for dead. */
  private readonly rashness: number;
  /** What collectors did while others were at work. */
  readonly collected = { packsDeleted: 0, packsRescued: 0, tombstones: 0 };

  constructor(options: WorldOptions) {
    this.random = seeded(options.seed);
    this.rashness = this.random() * 0.6;
    this.schedule = new Schedule(this.random, () => this.checkIfChanged());
    const watched: ObjectStore = Object.assign(Object.create(this.memory) as ObjectStore, {
      delete: (key: string) => {
        this.changed = true;
        return this.memory.delete(key);
      },
      create: (key: string, bytes: Uint8Array) => {
        this.changed ||= key.startsWith('manifest/');
        return this.memory.create(key, bytes);
      },
    });
    this.shared = faultyStore(
      watched,
      (operation, key) => {
        if (operation === 'list' && options.staleLists === true && !key.startsWith('probe/'))
          return this.random() < 0.5 ? 'stale-list' : null;
        if (this.random() > FAULT_SHARE) return null;
        const [befalls, fault] = FAULTS[Math.floor(this.random() * FAULTS.length)] ?? ['', null];
        return befalls === operation ? fault : null;
      },
      STALE_CREATIONS,
    );
  }

  now = (): Date => new Date(this.nowMs);

  passHours(hours: number): void {
    this.nowMs += hours * HOUR_MS;
  }

  /** Everybody's actors; they end when they have done their part, or are killed. */
  actors(): Promise<void>[] {
    return [
      this.writer(),
      this.writer(),
      this.writer(),
      this.retention(),
      this.restore(),
      this.collector(),
      this.collector(),
    ];
  }

  /** One run of each data file that nobody disturbs. */
  async backUpAlone(): Promise<void> {
    for (let file = 0; file < FILES; file += 1) await this.write(this.memory, 'commit', file);
  }

  collectAlone(): Promise<CollectionReport> {
    return this.collect(this.memory, new Set());
  }

  /** Everything goes: all books expire, all pieces are released. */
  async letEverythingGo(): Promise<void> {
    for (const key of await this.keysBelow('manifest/'))
      await expireRecoveryPoint(this.memory, key, this.now());
    for (const key of await this.keysBelow('piece/')) await releasePiece(this.memory, key);
  }

  async keysBelow(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.memory.list(prefix)) keys.push(key);
    return keys;
  }

  /** Packs of all recipes that something names, or that no marker hides. */
  async neededPacks(): Promise<Set<string>> {
    const packs = new Set<string>();
    const hidden = new Set(
      [...(await this.keysBelow('removed/')), ...(await this.keysBelow('released/'))].map((k) =>
        k.slice(k.indexOf('/') + 1),
      ),
    );
    const named = new Set((await this.liveBooks()).flatMap(({ pieces }) => pieces.map((p) => p.recipeKey)));
    for (const key of await this.keysBelow('piece/')) {
      const name = key.slice('piece/'.length).split('-')[0] ?? '';
      if (named.has(key) || !hidden.has(name)) for (const pack of await this.packsOf(key)) packs.add(pack);
    }
    return packs;
  }

  private store(): ObjectStore {
    return retryingStore(this.schedule.store(this.shared), { attemptsMax: 20, sleep: async () => undefined });
  }

  /** A store of an actor that may be killed at any call. */
  private mortalStore(share: number): ObjectStore {
    const store = this.store();
    if (this.random() > share) return store;
    let left = Math.floor(this.random() * 60);
    const alive = (): void => {
      if ((left -= 1) < 0) throw new ObjectStoreError('denied', store.name, 'killed');
    };
    return {
      name: store.name,
      create: async (key, bytes) => (alive(), store.create(key, bytes)),
      get: async (key, options) => (alive(), store.get(key, options)),
      head: async (key) => (alive(), store.head(key)),
      delete: async (key) => (alive(), store.delete(key)),
      list: (prefix) => (alive(), store.list(prefix)),
    };
  }

  private async writer(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1)
      await unlessKilled(this.write(this.mortalStore(0.3), this.random() < 0.75 ? 'commit' : 'fail'));
  }

  private async write(
    store: ObjectStore,
    wish: 'commit' | 'fail',
    file = Math.floor(this.random() * FILES),
  ): Promise<void> {
    const run = (this.runs += 1);
    const open = (parent?: string): Promise<WriterSession> =>
      openWriterSession({
        store,
        vaultId: VAULT_ID,
        keys: this.keys,
        dbid: DBID,
        compute: inlineCompute(),
        buffers,
        runId: `run_${run}`,
        fence: run,
        now: this.now,
        ...(parent === undefined ? {} : { parent }),
      });
    const primary = await open();
    const hosts = this.random() < 0.4 ? [primary, await open(primary.sid)] : [primary];
    const closure: string[] = [];
    for (const [host, session] of hosts.entries()) {
      const handle = `db_F${4 + file}_run${run}_${host}`;
      await writePiece(session, handle, this.pieceOf(run, file));
      closure.push(handle);
    }
    for (const session of hosts.slice(1)) await session.end();
    if (wish === 'commit')
      await primary.commit({ contents: {}, closure: [...closure, ...(await this.aBase(store))] });
    else await primary.leavePartial('it failed');
    await primary.end();
  }

  /** The few blocks of a file change seldom, so that its backups share most of what they store. */
  private pieceOf(run: number, file: number): Buffer {
    const version = 1 + Math.floor(this.random() * 2);
    const first = 1 + 1000 * file;
    return dataFilePiece({
      run,
      blocks: range(first, first + 16),
      versionOf: (block) => (block % 7 === 0 ? version : 1),
    });
  }

  /** A piece of an older run that a level 1 would rely on. */
  private async aBase(store: ObjectStore): Promise<string[]> {
    const books = await this.liveBooks();
    const [piece] =
      this.random() < 0.5 ? (books[Math.floor(this.random() * books.length)]?.pieces ?? []) : [];
    if (piece === undefined) return [];
    const found = await findPiece({ store, keys: this.keys, dbid: DBID }, piece.handle);
    return found === null ? [] : [piece.handle];
  }

  private async retention(): Promise<void> {
    const store = this.store();
    for (let turn = 0; turn < 8; turn += 1) {
      await store.head('vault.json'); // a turn of waiting
      const books = await this.liveBooks();
      const [at, count] =
        this.random() < 0.5 ? [0, books.length] : [Math.floor(this.random() * books.length), 1];
      const over = books.slice(at, at + count);
      for (const { key } of over) await expireRecoveryPoint(store, key, this.now());
      const needed = new Set(
        (await this.liveBooks()).flatMap(({ pieces }) => pieces.map((p) => p.recipeKey)),
      );
      for (const { recipeKey } of over.flatMap(({ pieces }) => pieces))
        if (!needed.has(recipeKey)) await releasePiece(store, recipeKey);
    }
  }

  private async restore(): Promise<void> {
    const store = this.store();
    for (let turn = 0; turn < 3; turn += 1) {
      await store.head('vault.json');
      const books = await this.liveBooks();
      const book = books[Math.floor(this.random() * books.length)];
      if (book === undefined) continue;
      const expiresAt = new Date(this.nowMs + HOUR_MS);
      const options = {
        store,
        keys: this.keys,
        pieces: book.pieces,
        why: 'a restore',
        now: this.now(),
        expiresAt,
      };
      const pin = await unlessRefused(pinPieces(options));
      if (pin === null) continue;
      for (const { recipeKey } of book.pieces) this.reading.add(recipeKey);
      this.changed = true;
      for (let reads = 0; reads < 10; reads += 1) await store.head('vault.json');
      for (const { recipeKey } of book.pieces) this.reading.delete(recipeKey);
      await endPin(store, pin, this.now());
    }
  }

  private async collector(): Promise<void> {
    for (let turn = 0; turn < 6; turn += 1) {
      const presumedDead = new Set<string>();
      for (const key of await this.keysBelow('session/'))
        if (this.random() < this.rashness) presumedDead.add(key.slice('session/'.length).split('.')[0] ?? '');
      await unlessKilled(
        this.collect(this.mortalStore(0.3), presumedDead).then((report) => this.count(report)),
      );
    }
  }

  private count(report: CollectionReport): void {
    this.collected.packsDeleted += report.packsDeleted;
    this.collected.packsRescued += report.packsRescued;
    this.collected.tombstones += report.tombstones.length;
  }

  private collect(store: ObjectStore, presumedDead: ReadonlySet<string>): Promise<CollectionReport> {
    const probeId = `p${(this.probes += 1)}`;
    return collectGarbage({
      store,
      vaultId: VAULT_ID,
      masterKey: MASTER_KEY,
      now: this.now(),
      probeId,
      presumedDead,
    });
  }

  /** Manifests and partials that have not expired. */
  private async liveBooks(): Promise<{ key: string; pieces: readonly NamedPiece[] }[]> {
    const expired = new Set(
      (await this.keysBelow('expired/')).map((k) => k.replace('expired/', 'manifest/')),
    );
    const books: { key: string; pieces: readonly NamedPiece[] }[] = [];
    for (const key of await this.keysBelow('manifest/')) {
      if (expired.has(key)) continue;
      const book = key.endsWith('.partial')
        ? await readPartial(this.memory, this.keys, key)
        : await readManifest(this.memory, this.keys, key);
      if (book !== null) books.push({ key, pieces: book.pieces });
    }
    return books;
  }

  private async checkIfChanged(): Promise<void> {
    if (!this.changed) return;
    this.changed = false;
    for (const { key, pieces } of await this.liveBooks())
      for (const { recipeKey } of pieces) await this.check(recipeKey, key);
    for (const recipeKey of this.reading) await this.check(recipeKey, 'a restore');
  }

  private async check(recipeKey: string, neededBy: string): Promise<void> {
    const packs = (await this.memory.head(recipeKey)) === null ? null : await this.packsOf(recipeKey);
    if (packs === null) this.lost.push(`${recipeKey}, needed by ${neededBy}`);
    for (const pack of packs ?? [])
      if ((await this.memory.head(pack)) === null) this.lost.push(`${pack}, needed by ${neededBy}`);
  }

  private readonly known = new Map<string, string[]>();

  private async packsOf(recipeKey: string): Promise<string[]> {
    const known =
      this.known.get(recipeKey) ??
      (await readAnyRecipe(this.memory, this.keys, recipeKey)).packs.all().map(packObjectKey);
    this.known.set(recipeKey, known);
    return known;
  }
}

async function unlessKilled(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const isKilled = error instanceof ObjectStoreError && error.kind === 'denied';
    const isTakenForDead = error instanceof VaultError && error.kind === 'session-ended';
    if (!isKilled && !isTakenForDead) throw error;
  }
}

/** Null when what was to be restored is gone or going: its recovery point expired before the pin was there. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof VaultError && ['condemned', 'damaged'].includes(error.kind)) return null;
    throw error;
  }
}
