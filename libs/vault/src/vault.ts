// Creating and opening a vault: one clear object says what it is, key slots hold the wrapped master key.
import { isFit, probeObjectStore, type ObjectStore } from '@adyton/object-store';
import { hkdfSync, randomBytes } from 'node:crypto';
import { decodeTime, ulid } from 'ulid';
import {
  type KeySlot,
  parseKeySlot,
  type SlotUnlock,
  type Unlock,
  unwrapMasterKey,
  wrapMasterKey,
} from './crypto/key-slots';
import { formatRecoveryKey, parseRecoveryKey } from './crypto/recovery-key';
import { SLOT_BYTES } from './limits';
import { damaged, VaultError } from './vault-error';

export interface Vault {
  readonly vaultId: string;
  readonly masterKey: Buffer;
}

/** A vault, and the key slot that opened it: null for the recovery key. */
export interface OpenedVault extends Vault {
  readonly slotId: string | null;
}

export interface CreatedVault extends Vault {
  /** The master key as text, to be printed once and kept offline; it opens the vault when every slot is lost. */
  readonly recoveryKey: string;
}

export interface VaultDocument {
  readonly format: 'adyton-vault';
  readonly version: number;
  readonly vaultId: string;
  readonly createdAt: string;
  readonly slotBytes: number;
  readonly algorithms: { readonly id: string; readonly encryption: string; readonly compression: string };
  /** Hex; says whether a recovery key is this vault's. */
  readonly keyCheck: string;
}

/** A slot as it stands in the bucket. */
export type StoredKeySlot =
  | { readonly state: 'whole'; readonly slotId: string; readonly objectKey: string; readonly slot: KeySlot }
  | { readonly state: 'damaged'; readonly slotId: string; readonly objectKey: string };

const VERSION = 1;
export const VAULT_KEY = 'vault.json';
const KEY_CHECK_BYTES = 16;

export function keySlotKeyOf(slotId: string): string {
  return `key/${slotId}`;
}

/** @throws VaultError vault-exists, unfit-store; ObjectStoreError. The key slot is written first: a vault without a slot could never be opened. */
export async function createVault(
  store: ObjectStore,
  options: { readonly unlock: SlotUnlock; readonly now: Date },
): Promise<CreatedVault> {
  if ((await store.head(VAULT_KEY)) !== null)
    throw new VaultError('vault-exists', `${store.name} holds a vault already`, { objectKey: VAULT_KEY });
  const vaultId = ulid(options.now.getTime());
  await assertFitForVault(store, vaultId);
  const masterKey = randomBytes(32);
  await store.create(
    keySlotKeyOf(`${vaultId}-0`),
    jsonBytes(await wrapMasterKey(masterKey, vaultId, options)),
  );
  if (
    (await store.create(VAULT_KEY, jsonBytes(vaultDocument({ vaultId, masterKey })))) === 'exists' &&
    (await readDocument(store)).vaultId !== vaultId
  ) {
    throw new VaultError('vault-exists', `${store.name}: somebody else created a vault at the same time`, {
      objectKey: VAULT_KEY,
    });
  }
  return { vaultId, masterKey, recoveryKey: formatRecoveryKey(masterKey) };
}

/** What vault.json says; id and master key decide all of it: a ULID holds the time it was made at. */
export function vaultDocument({ vaultId, masterKey }: Vault): VaultDocument {
  return {
    format: 'adyton-vault',
    version: VERSION,
    vaultId,
    createdAt: new Date(decodeTime(vaultId)).toISOString(),
    slotBytes: SLOT_BYTES,
    algorithms: { id: 'hmac-sha256', encryption: 'aes-256-gcm', compression: 'zstd' },
    keyCheck: keyCheckOf(masterKey, vaultId),
  };
}

/** @throws VaultError no-vault, unsupported-version, wrong-key (naming slots that are damaged), mistyped-key */
export async function openVault(store: ObjectStore, unlock: Unlock): Promise<OpenedVault> {
  const { vaultId, keyCheck } = await readDocument(store);
  if (unlock.kind === 'recovery-key') {
    const masterKey = parseRecoveryKey(unlock.text);
    if (keyCheckOf(masterKey, vaultId) === keyCheck) return { vaultId, masterKey, slotId: null };
    throw new VaultError('wrong-key', `the recovery key is not that of the vault in ${store.name}`);
  }
  const broken: string[] = [];
  for await (const stored of readKeySlots(store, vaultId)) {
    if (stored.state === 'damaged') {
      broken.push(stored.objectKey);
      continue;
    }
    const masterKey = await unwrapMasterKey(stored.slot, vaultId, unlock);
    if (masterKey !== null) return { vaultId, masterKey, slotId: stored.slotId };
  }
  const damage = broken.length === 0 ? '' : `; damaged: ${broken.join(', ')}`;
  throw new VaultError(
    'wrong-key',
    `the ${unlock.kind} opens no key slot of the vault in ${store.name}${damage}`,
    broken[0] === undefined ? {} : { objectKey: broken[0] },
  );
}

/** The vault's slots, oldest first. @throws ObjectStoreError */
export async function* readKeySlots(store: ObjectStore, vaultId: string): AsyncGenerator<StoredKeySlot> {
  for await (const { key } of store.list(keySlotKeyOf(`${vaultId}-`))) {
    const bytes = await store.get(key);
    if (bytes === null) continue; // removed between the listing and now
    const slot = parseKeySlot(bytes);
    const name = { slotId: key.slice(keySlotKeyOf('').length), objectKey: key };
    yield slot === null ? { state: 'damaged', ...name } : { state: 'whole', ...name, slot };
  }
}

/** @throws VaultError no-vault, unsupported-version */
export async function readVaultId(store: ObjectStore): Promise<string> {
  return (await readDocument(store)).vaultId;
}

export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** Tries the promises that the vault is built on. @throws VaultError unfit-store, naming those that were broken */
export async function assertFitForVault(store: ObjectStore, probeId: string): Promise<void> {
  const report = await probeObjectStore(store, probeId);
  if (!isFit(report))
    throw new VaultError('unfit-store', `${store.name} cannot hold a vault: ${JSON.stringify(report)}`);
}

async function readDocument(store: ObjectStore): Promise<VaultDocument> {
  const bytes = await store.get(VAULT_KEY);
  if (bytes === null)
    throw new VaultError('no-vault', `${store.name} holds no vault`, { objectKey: VAULT_KEY });
  const document = documentIn(bytes);
  if (document.format !== 'adyton-vault' || document.version !== VERSION) {
    throw new VaultError(
      'unsupported-version',
      `${store.name}: vault format ${document.format} ${document.version} is not known to this program`,
      { objectKey: VAULT_KEY },
    );
  }
  return document;
}

function documentIn(bytes: Uint8Array): VaultDocument {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as VaultDocument;
  } catch {
    throw damaged(VAULT_KEY, 'altered'); // no JSON is a damaged document, whatever is wrong with it
  }
}

/** Tells the right master key without giving anything of it away. */
function keyCheckOf(masterKey: Uint8Array, vaultId: string): string {
  return Buffer.from(hkdfSync('sha256', masterKey, vaultId, 'adyton key check', KEY_CHECK_BYTES)).toString(
    'hex',
  );
}
