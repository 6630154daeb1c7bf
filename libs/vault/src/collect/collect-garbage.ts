// The collector: deletes what no recovery point, failed run, restore or unreleased piece needs, beside writers that go on and other
// collectors that may do the same. There is no lock and no clock in it, except that a writer silent for a day is taken for dead. A generation:
//
//   G1 the generation before is done       G5 every one of them has ended; the dead are ended for them
//   G2 packs, sessions, books, in this order   G6 the books once more: what they name now is rescued; `verdict`
//   G3 `condemned`: packs nothing needs    G7 what the verdict says is deleted, then what hung on it; `done`
//   G4 `sessions`: those open now; later ones read `condemned` before they rely on anything
//
// Each step is one object, created once. A collector that comes second, or again after a crash, takes what is there and goes on.
import { type ObjectStore } from '@adyton/object-store';
import { databaseKeysOf, type DatabaseKeys } from '../crypto/database-keys';
import { PACKS_PER_GENERATION_MAX } from '../limits';
import { listOpenSessions, listSessions } from '../session/sessions';
import { assertFitForVault } from '../vault';
import { damaged } from '../vault-error';
import { Books, type VaultDatabases } from './books';
import { buryDeadSessions, type Burial } from './bury-sessions';
import { deleteVerdict, type Deleted } from './delete-verdict';
import {
  generationKey,
  listGenerations,
  readStep,
  recordStep,
  type Condemned,
  type Generation,
} from './generations';
import { segmentsOf, type ListIndexSegments } from './index-segments';
import { sweepVault, type Swept } from './sweep-vault';

export interface CollectOptions {
  readonly store: ObjectStore;
  readonly vaultId: string;
  /** Opens the books of every database of the vault. */
  readonly masterKey: Uint8Array;
  readonly now: Date;
  /** Makes the keys of the store's probe its own: letters and digits. */
  readonly probeId: string;
  /** Sessions whose writers an operator vouches to be dead. */
  readonly presumedDead?: ReadonlySet<string>;
  readonly listIndexSegments?: ListIndexSegments;
  readonly packsPerGenerationMax?: number;
}

export interface CollectionReport extends Deleted, Swept {
  /** `nothing`: there was nothing to delete. `waiting`: writers are at work that began before the packs were condemned. */
  readonly outcome: 'done' | 'nothing' | 'waiting';
  readonly generation: number | null;
  readonly packsCondemned: number;
  /** Condemned, and needed after all. */
  readonly packsRescued: number;
  readonly sessionsWaitedFor: readonly string[];
  /** Sessions ended for writers that are dead. */
  readonly sessionsEnded: readonly string[];
  /** Manifests of theirs that will never be. */
  readonly tombstones: readonly string[];
}

interface Collection extends VaultDatabases {
  readonly options: CollectOptions;
  readonly books: Books;
}

/** Finishes the generation that was begun, or runs a new one. @throws VaultError unfit-store, damaged; ObjectStoreError */
export async function collectGarbage(options: CollectOptions): Promise<CollectionReport> {
  await assertFitForVault(options.store, options.probeId);
  const collection = openCollection(options);
  const burial = await buryDeadSessions(collection, options.now, options.presumedDead ?? new Set());
  const generation = await beginGeneration(collection);
  if (generation === null) return reportOf(burial, await sweep(collection), { outcome: 'nothing' });
  const { number, condemned } = generation;
  const packsCondemned = condemned.packs.length;
  const waitedFor = await openSince(collection, number);
  if (waitedFor.length > 0)
    return reportOf(burial, null, {
      outcome: 'waiting',
      generation: number,
      packsCondemned,
      sessionsWaitedFor: waitedFor,
    });
  const verdict = await decide(collection, number, condemned);
  const deleted = await deleteVerdict(options.store, verdict);
  const swept = await sweep(collection);
  await recordStep(options.store, generationKey(number, 'done'), { doneAt: options.now.toISOString() });
  return reportOf(burial, swept, {
    ...deleted,
    outcome: 'done',
    generation: number,
    packsCondemned,
    packsRescued: packsCondemned - verdict.packs.length,
  });
}

export interface GarbagePreview {
  /** What a new generation would condemn; of one that was begun, what is left to delete of it. */
  readonly packs: readonly string[];
  readonly recipes: readonly string[];
  readonly generation: number | null;
  readonly sessionsOpen: readonly string[];
}

/** What a collection would delete, as things are now. Nothing is written. */
export async function previewGarbage(options: CollectOptions): Promise<GarbagePreview> {
  const collection = openCollection(options);
  const { store } = options;
  const open = (await listOpenSessions(store)).map(({ sid }) => sid);
  const last = (await listGenerations(store)).at(-1);
  const begun = last === undefined || last.steps.has('done') ? null : last;
  if (begun === null) return { ...(await findGarbage(collection)), generation: null, sessionsOpen: open };
  const step = begun.steps.has('verdict') ? 'verdict' : 'condemned';
  const recorded = await readStep<Condemned>(store, generationKey(begun.number, step));
  await collection.books.readAll(options.now);
  const packs = (recorded?.packs ?? []).filter((pack) => !collection.books.packs.has(pack));
  return { packs, recipes: recorded?.recipes ?? [], generation: begun.number, sessionsOpen: open };
}

function openCollection(options: CollectOptions): Collection {
  const known = new Map<string, DatabaseKeys>();
  const keysOf = (dbKey: string): DatabaseKeys => {
    const keys = known.get(dbKey) ?? databaseKeysOf(options.masterKey, options.vaultId, dbKey);
    known.set(dbKey, keys);
    return keys;
  };
  const vault = { store: options.store, keysOf };
  return { ...vault, options, books: new Books(vault) };
}

/** G1 to G3: the generation that was begun, or a new one; null when nothing is to be condemned. */
async function beginGeneration(
  collection: Collection,
): Promise<{ readonly number: number; readonly condemned: Condemned } | null> {
  const { store } = collection;
  const last = (await listGenerations(store)).at(-1);
  if (last !== undefined && !last.steps.has('done'))
    return { number: last.number, condemned: await recordedCondemned(store, last) };
  const garbage = await findGarbage(collection);
  if (garbage.packs.length + garbage.recipes.length === 0) return null;
  const number = (last?.number ?? 0) + 1;
  return { number, condemned: await recordStep(store, generationKey(number, 'condemned'), garbage) };
}

/** Recorded once more, because a crash may have kept the copy from being made. */
async function recordedCondemned(store: ObjectStore, { number }: Generation): Promise<Condemned> {
  const key = generationKey(number, 'condemned');
  const condemned = await readStep<Condemned>(store, key);
  if (condemned === null) throw damaged(key, 'missing');
  return recordStep(store, key, condemned);
}

/** G2. The order matters: a pack that is listed belongs to a session that is listed after it, or to one whose books are read after that. */
async function findGarbage({ options, store, books }: Collection): Promise<Condemned> {
  const listed: string[] = [];
  for await (const { key } of store.list('pack/')) listed.push(key);
  const open = new Set<string>();
  for (const { sid, ended } of (await listSessions(store)).values()) if (!ended) open.add(sid);
  await books.readAll(options.now);
  const isOfEnded = (key: string): boolean => !open.has(sessionOf(key));
  const packs = listed.filter((key) => !books.packs.has(key) && isOfEnded(key));
  const packsMax = options.packsPerGenerationMax ?? PACKS_PER_GENERATION_MAX;
  return { packs: packs.slice(0, packsMax), recipes: books.unneededRecipes.filter(isOfEnded) };
}

/** Packs and recipes are named after the session that wrote them. */
function sessionOf(key: string): string {
  return key.slice(key.lastIndexOf('-') + 1);
}

/** G4 and G5: sessions still open of those that may not have read `condemned`. */
async function openSince({ store }: Collection, generation: number): Promise<string[]> {
  const open = (await listOpenSessions(store)).map(({ sid }) => sid);
  const key = generationKey(generation, 'sessions');
  const began =
    (await readStep<readonly string[]>(store, key)) ??
    (await recordStep<readonly string[]>(store, key, open));
  const still = new Set(open);
  return began.filter((sid) => still.has(sid));
}

/** G6. */
async function decide(
  { options, store, books }: Collection,
  generation: number,
  condemned: Condemned,
): Promise<Condemned> {
  const key = generationKey(generation, 'verdict');
  const decided = await readStep<Condemned>(store, key);
  if (decided !== null) return decided;
  await books.readAll(options.now);
  const unneeded = new Set(books.unneededRecipes);
  return recordStep<Condemned>(store, key, {
    packs: condemned.packs.filter((pack) => !books.packs.has(pack)),
    recipes: condemned.recipes.filter((recipe) => unneeded.has(recipe)),
  });
}

function sweep({ options, store }: Collection): Promise<Swept> {
  const { now, masterKey, vaultId } = options;
  const ofDatabase = segmentsOf((dbKey) => databaseKeysOf(masterKey, vaultId, dbKey));
  return sweepVault({ store, now, listIndexSegments: options.listIndexSegments ?? ofDatabase });
}

function reportOf(
  burial: Burial,
  swept: Swept | null,
  facts: Pick<CollectionReport, 'outcome'> & Partial<CollectionReport>,
): CollectionReport {
  return {
    generation: null,
    packsCondemned: 0,
    packsRescued: 0,
    packsDeleted: 0,
    packsRetained: 0,
    bytesFreed: 0,
    recipesDeleted: 0,
    sessionsWaitedFor: [],
    sessionsEnded: burial.ended,
    tombstones: burial.tombstones,
    manifestsDeleted: swept?.manifestsDeleted ?? 0,
    segmentsDeleted: swept?.segmentsDeleted ?? 0,
    sessionsDeleted: swept?.sessionsDeleted ?? 0,
    pinsDeleted: swept?.pinsDeleted ?? 0,
    tombstonesDeleted: swept?.tombstonesDeleted ?? 0,
    ...facts,
  };
}
