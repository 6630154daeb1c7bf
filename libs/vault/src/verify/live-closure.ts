// Everything the live recovery points need: their manifests lead to recipes, recipes lead to packs. One line per piece and per pack stays
// in memory, nothing per chunk.
import { LOCATION, LOCATION_FIELDS } from '../format/chunk-table';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { packObjectKey } from '../format/pack';
import { EXTENT_FIELDS, type Recipe } from '../format/recipe';
import { RECIPES_READ_PIECE_BYTES, REQUESTS_AT_ONCE } from '../limits';
import { frameEnd } from '../restore/read-chunks';
import { forEachAtOnce } from '../session/at-once';
import { manifestKeyOfExpired } from '../collect/retention';
import { readManifest } from '../session/manifest';
import { isPartialKey, type PartialManifest, readPartial } from '../session/partial-manifest';
import { readRecipe } from '../session/piece-names';
import { damaged } from '../vault-error';
import { type Damage, orDamage } from './finding';
import { type VerifyRun } from './verify-run';

export interface LivePiece {
  readonly dbKey: string;
  readonly recipeKey: string;
  readonly handle: string;
  readonly bytes: number;
  /** Manifests and partials that name it. */
  readonly recoveryPoints: string[];
}

export interface NeededPack {
  readonly dbKey: string;
  /** Where the last frame ends that a recipe names. */
  end: number;
  /** False when recipes use nothing of it but maps. */
  holdsData: boolean;
  /** As listed; null while it was not seen. */
  bytes: number | null;
}

export interface LiveClosure {
  /** By recipe key. */
  readonly pieces: Map<string, LivePiece>;
  /** By object key. */
  readonly packs: Map<string, NeededPack>;
  /** Every object below manifest/: recovery points, partials and tombstones. */
  readonly manifestKeys: Set<string>;
  /** Keys of manifests and partials that retention let go. */
  readonly expired: ReadonlySet<string>;
  /** Manifests and partials that say nothing any more. */
  readonly lost: { readonly manifestKey: string; readonly damage: Damage }[];
}

/** A partial does not say how long its pieces are. */
type NamedPiece = PartialManifest['pieces'][number] & { readonly bytes?: number };

export async function readLiveClosure(run: VerifyRun): Promise<LiveClosure> {
  const closure: LiveClosure = {
    pieces: new Map(),
    packs: new Map(),
    manifestKeys: new Set(),
    expired: await readExpired(run),
    lost: [],
  };
  for await (const { key } of run.store.list('manifest/')) closure.manifestKeys.add(key);
  const asked = [...closure.manifestKeys].filter((key) => isAsked(run, closure, key));
  await forEachAtOnce(asked, REQUESTS_AT_ONCE, (key) => takeManifest(run, closure, key));
  await forEachRecipe(run, closure, async (piece, recipe) => takeRecipe(closure, piece, recipe));
  return closure;
}

function isAsked(run: VerifyRun, { expired }: LiveClosure, key: string): boolean {
  const wanted = run.options.scope?.manifestKeys?.includes(key) ?? true;
  return wanted && run.isDatabaseAsked(dbKeyOf(key)) && !expired.has(key);
}

function dbKeyOf(manifestKey: string): string {
  return manifestKey.split('/')[1] ?? '';
}

export async function readExpired(run: VerifyRun): Promise<ReadonlySet<string>> {
  const expired = new Set<string>();
  for await (const { key } of run.store.list('expired/')) expired.add(manifestKeyOfExpired(key));
  return expired;
}

async function takeManifest(run: VerifyRun, closure: LiveClosure, key: string): Promise<void> {
  const dbKey = dbKeyOf(key);
  const isPartial = isPartialKey(key);
  run.objectsChecked[isPartial ? 'partial' : 'manifest'] += 1;
  const read = await orDamage<{ readonly pieces: readonly NamedPiece[] } | null>(() =>
    isPartial
      ? readPartial(run.store, run.keysOf(dbKey), key)
      : readManifest(run.store, run.keysOf(dbKey), key),
  );
  if ('damage' in read) {
    closure.lost.push({ manifestKey: key, damage: read.damage });
    return;
  }
  for (const { handle, recipeKey, bytes = 0 } of read.value?.pieces ?? []) {
    const piece: LivePiece = closure.pieces.get(recipeKey) ?? {
      dbKey,
      recipeKey,
      handle,
      bytes,
      recoveryPoints: [],
    };
    piece.recoveryPoints.push(key);
    closure.pieces.set(recipeKey, piece);
  }
}

/** Reads the recipe of every live piece; those that are damaged are told and left out. */
async function forEachRecipe(
  run: VerifyRun,
  closure: LiveClosure,
  use: (piece: LivePiece, recipe: Recipe) => Promise<void>,
): Promise<void> {
  for (const group of groupsOf([...closure.pieces.values()])) {
    if (run.isOver) {
      run.left.recipes += group.length;
      continue;
    }
    await Promise.all(
      group.map(async (piece) => {
        run.objectsChecked.recipe += 1;
        const read = await orDamage(() => readLiveRecipe(run, piece));
        if ('value' in read) await use(piece, read.value);
        else await tellRecipe(run, piece, read.damage);
      }),
    );
  }
}

async function tellRecipe(run: VerifyRun, piece: LivePiece, damage: Damage): Promise<void> {
  await run.tellDamage({
    object: 'recipe',
    objectKey: piece.recipeKey,
    damage,
    means: 'pieces-lost',
    recoveryPoints: piece.recoveryPoints,
    pieces: [piece.handle],
  });
}

/** Few enough requests at once, and no more memory than some large recipes. */
function* groupsOf(pieces: readonly LivePiece[]): Generator<readonly LivePiece[]> {
  let group: LivePiece[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    if (
      group.length === REQUESTS_AT_ONCE ||
      (group.length > 0 && bytes + piece.bytes > RECIPES_READ_PIECE_BYTES)
    ) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(piece);
    bytes += piece.bytes;
  }
  if (group.length > 0) yield group;
}

/** @throws VaultError damaged */
export async function readLiveRecipe(run: VerifyRun, piece: LivePiece): Promise<Recipe> {
  const source = { store: run.store, keys: run.keysOf(piece.dbKey) };
  const recipe = await readRecipe(source, piece.recipeKey, piece.handle);
  if (!isConsistent(recipe)) throw damaged(piece.recipeKey, 'altered', piece.handle);
  return recipe;
}

/** Every extent lies inside its chunk, and together they are as long as the piece. */
function isConsistent({ bytes, extents, locations }: Recipe): boolean {
  let total = 0;
  for (let i = 0; i < extents.length; i += EXTENT_FIELDS) {
    const [chunk = 0, offset = 0, length = 0] = extents.subarray(i, i + EXTENT_FIELDS);
    const chunkBytes = locations[chunk * LOCATION_FIELDS + LOCATION.length];
    if (chunkBytes === undefined || offset + length > chunkBytes) return false;
    total += length;
  }
  return total === bytes;
}

function takeRecipe({ packs }: LiveClosure, { dbKey }: LivePiece, recipe: Recipe): void {
  const needed = recipe.packs.all().map((pack) => {
    const key = packObjectKey(pack);
    const known = packs.get(key) ?? { dbKey, end: 0, holdsData: false, bytes: null };
    packs.set(key, known);
    return known;
  });
  for (let at = 0; at < recipe.locations.length; at += LOCATION_FIELDS) {
    const location = recipe.locations.subarray(at, at + LOCATION_FIELDS);
    const pack = needed[location[LOCATION.pack] ?? 0];
    if (pack === undefined) continue;
    pack.end = Math.max(pack.end, frameEnd(location));
    if (location[LOCATION.kind] !== CHUNK_KINDS.map) pack.holdsData = true;
  }
}
