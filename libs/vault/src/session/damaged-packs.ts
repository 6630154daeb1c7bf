// Packs that verification found damaged, one marker each: `damaged/<packId>-<sid>`. A writer that began later treats what they hold as
// absent and stores it again: that is how a full backup heals a vault. What a marker says stands in its name; its body is for people.
// Nothing clears a marker: the bytes of a pack never change, and what was stored again lies in packs of other names.
import { type ObjectStore } from '@adyton/object-store';
import { packObjectKey } from '../format/pack';

const MARKER = /^damaged\/(([0-9a-f]{64})-([0-9A-Z]{26}))$/;
const PACK = /^pack\/[0-9a-f]{2}\/([0-9a-f]{64}-[0-9A-Z]{26})$/;

/** Object keys of all packs marked as damaged. */
export async function readDamagedPacks(store: ObjectStore): Promise<ReadonlySet<string>> {
  const damaged = new Set<string>();
  for await (const { key } of store.list('damaged/')) {
    const [, , packId, sid] = MARKER.exec(key) ?? [];
    if (packId !== undefined && sid !== undefined) damaged.add(packObjectKey({ packId, sid }));
  }
  return damaged;
}

/** From the next session on nobody relies on this pack. One of an unknown version is not damaged, and never marked. @throws RangeError when it is no pack. */
export async function markPackDamaged(
  store: ObjectStore,
  packKey: string,
  found: { readonly damage: 'missing' | 'truncated' | 'altered'; readonly at: Date },
): Promise<void> {
  const name = PACK.exec(packKey)?.[1];
  if (name === undefined) throw new RangeError(`not a pack: ${packKey}`);
  const body = { v: 1, pack: packKey, damage: found.damage, at: found.at.toISOString() };
  await store.create(`damaged/${name}`, Buffer.from(JSON.stringify(body)));
}
