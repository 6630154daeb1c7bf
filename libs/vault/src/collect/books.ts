// What the vault's own books say is needed: manifests, what failed runs left, restore pins, and the recipes of all pieces that nobody
// released. Reading again adds what has come since; nothing once found to be needed is forgotten, so a second reading costs little.
//
// A recipe is needed while something names it, or while no marker hides it: RMAN may list its piece (K4). A book that is damaged or missing
// stops the collector: what it named would be taken for garbage.
import { type ObjectStore } from '@adyton/object-store';
import { type DatabaseKeys } from '../crypto/database-keys';
import { openDocument } from '../crypto/sealed-document';
import { decodeColumns } from '../format/columns';
import { packObjectKey } from '../format/pack';
import { type PackJson } from '../format/pack-table';
import { REQUESTS_AT_ONCE } from '../limits';
import { forEachAtOnce, forEachRecipe, type SizedKey } from '../session/at-once';
import { readManifest } from '../session/manifest';
import { isPartialKey, readPartial } from '../session/partial-manifest';
import { hiddenRecipes, recipeNameOf } from '../session/piece-names';
import { listPins } from '../session/restore-pin';
import { readMarker } from '../session/sessions';
import { damaged, unlessDamaged, VaultError } from '../vault-error';
import { expiredKeyOf, manifestKeyOfExpired } from './retention';

export interface VaultDatabases {
  readonly store: ObjectStore;
  /** Keys of a database by its name in object keys. */
  keysOf(dbKey: string): DatabaseKeys;
}

export class Books {
  /** Object keys of packs that are needed. */
  readonly packs = new Set<string>();
  /** Recipes that something names. */
  private readonly named = new Map<string, { readonly dbKey: string; readonly by: readonly string[] }>();
  private readonly read = new Set<string>();
  private readonly markers = new Map<string, Promise<string | undefined>>();
  private readonly databases = new Set<string>();
  private unneeded: string[] = [];

  constructor(private readonly vault: VaultDatabases) {}

  /** Recipes that nothing names and a marker hides, as of the last reading. */
  get unneededRecipes(): readonly string[] {
    return this.unneeded;
  }

  /** Reads everything that was not read before. @throws VaultError damaged */
  async readAll(now: Date): Promise<void> {
    const { store } = this.vault;
    const hidden = await hiddenRecipes(store);
    await this.readManifests(await this.expired());
    for (const pin of await listPins(store, now))
      if (!pin.ended) for (const recipe of pin.recipes) this.name(recipe, pin.dbKey, pin.pinKey);
    const listed = new Set<string>();
    const toRead: SizedKey[] = [];
    this.unneeded = [];
    for await (const recipe of store.list('piece/')) {
      listed.add(recipe.key);
      if (!this.named.has(recipe.key) && hidden.has(recipeNameOf(recipe.key))) this.unneeded.push(recipe.key);
      else if (!this.read.has(recipe.key)) toRead.push(recipe);
    }
    for (const [recipeKey, { by }] of this.named)
      if (!listed.has(recipeKey)) await this.assertLetGo(recipeKey, by);
    await forEachRecipe(toRead, ({ key }) => this.readRecipe(key));
  }

  private name(recipeKey: string, dbKey: string, by: string): void {
    this.named.set(recipeKey, { dbKey, by: [...(this.named.get(recipeKey)?.by ?? []), by] });
  }

  /** What names a recipe that is gone may have been let go meanwhile, and another collector be faster than this one. */
  private async assertLetGo(recipeKey: string, namedBy: readonly string[]): Promise<void> {
    for (const by of namedBy) if (!(await this.isLetGo(by))) throw damaged(recipeKey, 'missing');
  }

  private async isLetGo(key: string): Promise<boolean> {
    const { store } = this.vault;
    if (key.startsWith('manifest/')) return (await store.head(expiredKeyOf(key))) !== null;
    return (await store.head(`${key}.end`)) !== null || (await store.head(key)) === null;
  }

  private async expired(): Promise<Set<string>> {
    const expired = new Set<string>();
    for await (const { key } of this.vault.store.list('expired/')) expired.add(manifestKeyOfExpired(key));
    return expired;
  }

  private async readManifests(expired: ReadonlySet<string>): Promise<void> {
    const { store } = this.vault;
    const keysOf = (dbKey: string): DatabaseKeys => this.vault.keysOf(dbKey);
    const toRead: string[] = [];
    for await (const { key } of store.list('manifest/')) {
      this.databases.add(key.split('/')[1] ?? '');
      if (!this.read.has(key) && !expired.has(key)) toRead.push(key);
    }
    await forEachAtOnce(toRead, REQUESTS_AT_ONCE, async (key) => {
      const dbKey = key.split('/')[1] ?? '';
      for (const { recipeKey } of await this.piecesOf(key, keysOf(dbKey))) this.name(recipeKey, dbKey, key);
      this.read.add(key);
    });
  }

  private async piecesOf(
    key: string,
    keys: DatabaseKeys,
  ): Promise<readonly { readonly recipeKey: string }[]> {
    const { store } = this.vault;
    try {
      if (isPartialKey(key)) return (await readPartial(store, keys, key)).pieces;
      return (await readManifest(store, keys, key))?.pieces ?? [];
    } catch (error) {
      const isGone = error instanceof VaultError && error.facts.damage === 'missing';
      if (isGone && (await this.isLetGo(key))) return [];
      throw error;
    }
  }

  private async readRecipe(recipeKey: string): Promise<void> {
    const sealed = await this.vault.store.get(recipeKey);
    if (sealed === null) return this.assertLetGo(recipeKey, this.named.get(recipeKey)?.by ?? []);
    for (const pack of await this.packsOf(recipeKey, sealed)) this.packs.add(packObjectKey(pack));
    this.read.add(recipeKey);
  }

  /** The head of a recipe lists its packs. Its key does not name the database: whoever names it does, or the session that wrote it. */
  private async packsOf(recipeKey: string, sealed: Uint8Array): Promise<readonly PackJson[]> {
    const known = this.named.get(recipeKey)?.dbKey ?? (await this.databaseOfWriter(recipeKey));
    for (const dbKey of known === undefined ? this.databases : [known]) {
      const { metaKey } = this.vault.keysOf(dbKey);
      const body = await unlessDamaged(async () => openDocument(metaKey, 'recipe', sealed, recipeKey));
      if (body !== null) return decodeColumns<{ readonly packs: readonly PackJson[] }>(body).head.packs;
    }
    throw damaged(recipeKey, 'altered');
  }

  private databaseOfWriter(recipeKey: string): Promise<string | undefined> {
    const sid = recipeKey.slice(recipeKey.lastIndexOf('-') + 1);
    const asked = this.markers.get(sid) ?? readMarker(this.vault.store, sid).then((marker) => marker?.dbKey);
    this.markers.set(sid, asked);
    return asked;
  }
}
