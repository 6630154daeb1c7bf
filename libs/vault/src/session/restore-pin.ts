// A restore pin keeps the pieces of a restore under way, whatever retention decides meanwhile. Like a writer's session it is in the bucket
// before anybody looks at what is condemned: either the collector sees the pin, or the restore sees the verdict. It ends by its end marker,
// or when its time is up; a longer restore makes another one first.
import { type ObjectStore } from '@adyton/object-store';
import { decodeTime, ulid } from 'ulid';
import { type DatabaseKeys } from '../crypto/database-keys';
import { packObjectKey } from '../format/pack';
import { readStampedJson, stampJson } from '../format/stamped-json';
import { REQUESTS_AT_ONCE } from '../limits';
import { VaultError } from '../vault-error';
import { forEachAtOnce } from './at-once';
import { readCondemnedPacks } from './condemned-packs';
import { type NamedPiece } from './partial-manifest';
import { readRecipe } from './piece-names';
import { freeColumns } from '../format/recipe';

interface PinDocument {
  readonly v: 1;
  readonly dbKey: string;
  /** Whose restore it is, for people. */
  readonly why: string;
  /** RFC 3339 */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly recipes: readonly string[];
}

/** No restore takes longer than a week. A pin that nobody can read any more counts until then. */
export const PIN_MS_MAX = 7 * 24 * 60 * 60 * 1000;

export interface PinOptions {
  readonly store: ObjectStore;
  readonly keys: DatabaseKeys;
  readonly pieces: readonly NamedPiece[];
  readonly why: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** @returns the pin's key, for endPin. @throws VaultError condemned when pieces wait to be deleted, damaged when recipes are gone */
export async function pinPieces(options: PinOptions): Promise<string> {
  const { store, keys, pieces, why, now, expiresAt } = options;
  if (expiresAt.getTime() - now.getTime() > PIN_MS_MAX) throw new RangeError('a pin ends within a week');
  const pinKey = `pin/${ulid(now.getTime())}`;
  const pin: PinDocument = {
    v: 1,
    dbKey: keys.dbKey,
    why,
    createdAt: now.toISOString(),
    expiresAt: expiresAt.toISOString(),
    recipes: pieces.map(({ recipeKey }) => recipeKey),
  };
  await store.create(pinKey, stampJson(pinKey, pin));
  const condemned = await readCondemnedPacks(store);
  await forEachAtOnce(pieces, REQUESTS_AT_ONCE, async ({ recipeKey, handle }) => {
    const recipe = await readRecipe({ store, keys }, recipeKey, handle);
    freeColumns(recipe);
    if (recipe.packs.all().some((pack) => condemned.has(packObjectKey(pack))))
      throw new VaultError('condemned', `piece ${handle} waits to be deleted`, {
        handle,
        objectKey: recipeKey,
      });
  });
  return pinKey;
}

export async function endPin(store: ObjectStore, pinKey: string, at: Date): Promise<void> {
  await store.create(`${pinKey}.end`, Buffer.from(at.toISOString()));
}

export type PinState =
  | {
      readonly pinKey: string;
      readonly ended: false;
      readonly dbKey: string;
      readonly recipes: readonly string[];
    }
  /** Over, by its end marker or by time: its objects may go. */
  | { readonly pinKey: string; readonly ended: true };

/** @throws VaultError damaged for a pin that may still count and cannot be read: nobody knows what it keeps */
export async function listPins(store: ObjectStore, now: Date): Promise<PinState[]> {
  const pinKeys: string[] = [];
  const endMarkers = new Set<string>();
  for await (const { key } of store.list('pin/')) {
    if (key.endsWith('.end')) endMarkers.add(key);
    else pinKeys.push(key);
  }
  const pins: PinState[] = [];
  await forEachAtOnce(pinKeys, REQUESTS_AT_ONCE, async (pinKey) => {
    const isOver = endMarkers.has(`${pinKey}.end`) || createdAt(pinKey) + PIN_MS_MAX <= now.getTime();
    const pin: PinState | null = isOver ? { pinKey, ended: true } : await readPin(store, pinKey, now);
    if (pin !== null) pins.push(pin);
  });
  return pins;
}

/** Null for one that ended and was deleted between the listing and now. */
async function readPin(store: ObjectStore, pinKey: string, now: Date): Promise<PinState | null> {
  const bytes = await store.get(pinKey);
  if (bytes === null) return null;
  const { dbKey, recipes, expiresAt } = readStampedJson<PinDocument>(pinKey, bytes);
  return new Date(expiresAt) <= now ? { pinKey, ended: true } : { pinKey, ended: false, dbKey, recipes };
}

/** ms since 1970, from the pin's name. */
function createdAt(pinKey: string): number {
  return decodeTime(pinKey.slice(pinKey.indexOf('/') + 1));
}
