// Key slots of a vault: who may open it. Slots are created once and never changed; a new passphrase is a new slot and the end of the old one.
// Packs know nothing of slots, so none of this touches them.
import { type ObjectStore } from '@adyton/object-store';
import { ulid } from 'ulid';
import {
  type KeySlot,
  type SlotUnlock,
  type Unlock,
  unwrapMasterKey,
  wrapMasterKey,
} from './crypto/key-slots';
import { damaged, VaultError } from './vault-error';
import { jsonBytes, keySlotKeyOf, openVault, readKeySlots, readVaultId, type Vault } from './vault';

export type ListedKeySlot =
  | {
      readonly state: 'whole';
      readonly slotId: string;
      readonly kind: KeySlot['kind'];
      /** RFC 3339 */
      readonly createdAt: string;
    }
  | { readonly state: 'damaged'; readonly slotId: string };

/** Needs no key. @throws VaultError no-vault, unsupported-version; ObjectStoreError */
export async function listKeySlots(store: ObjectStore): Promise<ListedKeySlot[]> {
  const slots: ListedKeySlot[] = [];
  for await (const stored of readKeySlots(store, await readVaultId(store))) {
    const { slotId } = stored;
    slots.push(
      stored.state === 'damaged'
        ? { state: 'damaged', slotId }
        : { state: 'whole', slotId, kind: stored.slot.kind, createdAt: stored.slot.createdAt },
    );
  }
  return slots;
}

/** @param options.proof opens the vault now @returns the new slot's id @throws VaultError wrong-key, mistyped-key */
export async function addKeySlot(
  store: ObjectStore,
  options: { readonly proof: Unlock; readonly unlock: SlotUnlock; readonly now: Date },
): Promise<string> {
  return createSlot(store, await openVault(store, options.proof), options);
}

/**
 * @param options.proof opens another slot than the one removed: whoever removes a slot must not lock the vault
 * @throws VaultError no-such-slot; last-slot, when only this slot, or none, opens by the proof; wrong-key
 */
export async function removeKeySlot(
  store: ObjectStore,
  options: { readonly slotId: string; readonly proof: SlotUnlock; readonly now: Date },
): Promise<void> {
  const { slotId, proof, now } = options;
  await assertSlot(store, slotId);
  const vault = await openVault(store, proof);
  const remaining = await otherSlotOf(store, vault, { slotId, proof });
  if (remaining === null)
    throw new VaultError(
      'last-slot',
      `key slot ${slotId} stays: nothing shows that another slot opens the vault`,
      { objectKey: keySlotKeyOf(slotId) },
    );
  await store.delete(keySlotKeyOf(slotId));
  const stillThere = await store.head(keySlotKeyOf(remaining));
  if (stillThere === null) await createSlot(store, vault, { unlock: proof, now }); // somebody removed that one at the same time
}

/** Changes what opens a slot. @param options.proof opens the vault now @returns the id of the slot that takes its place */
export async function rewrapKeySlot(
  store: ObjectStore,
  options: {
    readonly slotId: string;
    readonly proof: Unlock;
    readonly unlock: SlotUnlock;
    readonly now: Date;
  },
): Promise<string> {
  await assertSlot(store, options.slotId);
  const added = await addKeySlot(store, options);
  await store.delete(keySlotKeyOf(options.slotId));
  return added;
}

/** The slot is read back and opened before anybody relies on it. */
async function createSlot(
  store: ObjectStore,
  vault: Vault,
  { unlock, now }: { readonly unlock: SlotUnlock; readonly now: Date },
): Promise<string> {
  const slotId = `${vault.vaultId}-${ulid(now.getTime())}`;
  const slot = await wrapMasterKey(vault.masterKey, vault.vaultId, { unlock, now });
  await store.create(keySlotKeyOf(slotId), jsonBytes(slot));
  for await (const stored of readKeySlots(store, vault.vaultId)) {
    if (stored.slotId !== slotId || stored.state === 'damaged') continue;
    const masterKey = await unwrapMasterKey(stored.slot, vault.vaultId, unlock);
    if (masterKey?.equals(vault.masterKey) === true) return slotId;
  }
  throw damaged(keySlotKeyOf(slotId), 'altered');
}

async function assertSlot(store: ObjectStore, slotId: string): Promise<void> {
  const slots = await listKeySlots(store);
  if (!slots.some((slot) => slot.slotId === slotId))
    throw new VaultError('no-such-slot', `the vault in ${store.name} has no key slot ${slotId}`);
}

async function otherSlotOf(
  store: ObjectStore,
  vault: Vault,
  { slotId, proof }: { readonly slotId: string; readonly proof: SlotUnlock },
): Promise<string | null> {
  for await (const stored of readKeySlots(store, vault.vaultId)) {
    if (stored.slotId === slotId || stored.state === 'damaged') continue;
    if ((await unwrapMasterKey(stored.slot, vault.vaultId, proof)) !== null) return stored.slotId;
  }
  return null;
}
