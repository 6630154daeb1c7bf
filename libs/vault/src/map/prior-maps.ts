// The block maps that earlier backups left. A data file's map is in the recipes of its newest backup: those of all pieces that one run made of
// it. Manifests and what failed runs left are looked through from the newest on, once per session, as far as the files asked for need it.
import { type ObjectStore } from '@adyton/object-store';
import { type DatabaseKeys } from '../crypto/database-keys';
import { openDocument } from '../crypto/sealed-document';
import { LOCATION, LOCATION_FIELDS } from '../format/chunk-table';
import { ID_BYTES } from '../compute/chunk-operations';
import { type RegionName } from '../format/map-chunk';
import { type NamedChunk } from '../format/stored-chunk';
import { freeColumns, type Recipe, type RegionMap } from '../format/recipe';
import { MANIFESTS_SEARCHED_MAX, REQUESTS_AT_ONCE } from '../limits';
import { readManifest } from '../session/manifest';
import { readRecipe } from '../session/piece-names';
import { unlessDamaged } from '../vault-error';
import { streamOf } from './stream-of';

export interface PriorRegion extends RegionName {
  /** Newest first. */
  readonly chunks: readonly NamedChunk[];
}

interface NamedPiece {
  readonly handle: string;
  readonly recipeKey: string;
}

export class PriorMaps {
  /** Recipes by data file and backup, the newest backup first: `newest` of a file is the first that was found. */
  private readonly newest = new Map<string, { readonly run: string; readonly pieces: NamedPiece[] }>();
  private unread: string[] | null = null;
  private searching: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ObjectStore,
    private readonly keys: DatabaseKeys,
  ) {}

  /** Regions of the data file's newest map; none when it was never backed up. What is damaged or gone is left out. */
  async of(handle: string): Promise<PriorRegion[]> {
    const stream = streamOf(handle);
    if (stream === null) return [];
    const searched = this.searching.then(() => this.searchFor(stream.file));
    this.searching = searched.catch(() => undefined);
    await searched;
    const pieces = [...(this.newest.get(stream.file)?.pieces ?? [])].sort((a, b) =>
      nameOf(a.recipeKey) < nameOf(b.recipeKey) ? 1 : -1,
    );
    const regions = new Map<string, FoundRegion>();
    for (const piece of pieces) {
      const recipe = await this.recipeOf(piece);
      if (recipe === null) continue;
      for (const map of recipe.maps) addChunks(regions, recipe, map);
      freeColumns(recipe); // tens of megabytes for a large piece, of which a few map chunks count
    }
    return unionOf(regions);
  }

  private async searchFor(file: string): Promise<void> {
    this.unread ??= await this.manifestKeys();
    while (!this.newest.has(file) && this.unread.length > 0) {
      const batch = this.unread.splice(0, REQUESTS_AT_ONCE);
      for (const pieces of await Promise.all(batch.map((key) => this.piecesOf(key)))) this.learn(pieces);
    }
  }

  /** Pieces of one manifest: the closure may name older backups of a file, so the newest run counts. */
  private learn(pieces: readonly NamedPiece[]): void {
    const newestFirst = [...pieces].sort((a, b) => (nameOf(a.recipeKey) < nameOf(b.recipeKey) ? 1 : -1));
    const fromHere = new Set<string>();
    for (const piece of newestFirst) {
      const stream = streamOf(piece.handle);
      if (stream === null) continue;
      if (!this.newest.has(stream.file)) {
        this.newest.set(stream.file, { run: stream.run, pieces: [] });
        fromHere.add(stream.file);
      }
      const found = this.newest.get(stream.file);
      if (fromHere.has(stream.file) && found?.run === stream.run) found.pieces.push(piece);
    }
  }

  private async manifestKeys(): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of this.store.list(`manifest/${this.keys.dbKey}/`)) found.push(key);
    return found.reverse().slice(0, MANIFESTS_SEARCHED_MAX);
  }

  private async piecesOf(key: string): Promise<readonly NamedPiece[]> {
    const partial = await unlessDamaged(async () => {
      if (!key.endsWith('.partial')) return (await readManifest(this.store, this.keys, key))?.pieces ?? [];
      const sealed = await this.store.get(key);
      if (sealed === null) return [];
      const body = openDocument(this.keys.metaKey, 'partial', sealed, key).toString('utf8');
      return (JSON.parse(body) as { pieces: readonly NamedPiece[] }).pieces;
    });
    return partial ?? [];
  }

  private recipeOf({ handle, recipeKey }: NamedPiece): Promise<Recipe | null> {
    return unlessDamaged(() => readRecipe({ store: this.store, keys: this.keys }, recipeKey, handle));
  }
}

interface FoundRegion {
  readonly name: RegionName;
  /** By id, in the order they were found. */
  readonly chunks: Map<string, NamedChunk>;
}

/** Map chunks of all recipes by region, each once, the newest first: what several pieces carried over must not hide what one of them changed. */
function unionOf(regions: ReadonlyMap<string, FoundRegion>): PriorRegion[] {
  return [...regions.values()].map(({ name, chunks }) => ({
    ...name,
    chunks: [...chunks.values()].sort((a, b) =>
      a.pack.sid === b.pack.sid ? 0 : a.pack.sid < b.pack.sid ? 1 : -1,
    ),
  }));
}

function addChunks(
  regions: Map<string, FoundRegion>,
  recipe: Recipe,
  { blockBytes, region, chunks }: RegionMap,
): void {
  const key = `${blockBytes}/${region}`;
  const found = regions.get(key) ?? { name: { blockBytes, region }, chunks: new Map<string, NamedChunk>() };
  regions.set(key, found);
  for (const chunk of chunks) {
    const ref = mapChunkOf(recipe, chunk);
    const id = Buffer.from(ref.id).toString('base64');
    if (!found.chunks.has(id)) found.chunks.set(id, ref);
  }
}

/** Copies. */
function mapChunkOf({ ids, locations, packs }: Recipe, chunk: number): NamedChunk {
  const location = locations.slice(chunk * LOCATION_FIELDS, (chunk + 1) * LOCATION_FIELDS);
  return {
    id: Uint8Array.from(ids.subarray(chunk * ID_BYTES, (chunk + 1) * ID_BYTES)),
    location,
    pack: packs.at(location[LOCATION.pack] ?? 0),
  };
}

/** `<ulid>-<sid>` of a recipe: sorts by time. */
function nameOf(recipeKey: string): string {
  return recipeKey.slice(recipeKey.lastIndexOf('/') + 1);
}
