// Creating and opening a vault: one clear object says what it is, key slots hold the wrapped master key.
import { isFit, probeObjectStore, type ObjectStore } from '@adyton/object-store';
import { randomBytes } from 'node:crypto';
import { decodeTime, ulid } from 'ulid';
import { type KeySlot, type Unlock, unwrapMasterKey, wrapMasterKey } from './crypto/key-slots';
import { SLOT_BYTES } from './limits';
import { VaultError } from './vault-error';

export interface Vault {
  readonly vaultId: string;
  readonly masterKey: Buffer;
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
}

const VERSION = 1;
export const VAULT_KEY = 'vault.json';

/** @throws VaultError vault-exists, unfit-store; ObjectStoreError. The key slot is written first: a vault without a slot could never be opened. */
export async function createVault(
  store: ObjectStore,
  options: { readonly unlock: Unlock; readonly now: Date },
): Promise<CreatedVault> {
  if ((await store.head(VAULT_KEY)) !== null)
    throw new VaultError('vault-exists', `${store.name} holds a vault already`, { objectKey: VAULT_KEY });
  const vaultId = ulid(options.now.getTime());
  await assertFitForVault(store, vaultId);
  const masterKey = randomBytes(32);
  const slot = await wrapMasterKey(masterKey, vaultId, options.unlock);
  await store.create(`key/${vaultId}-0`, jsonBytes(slot));
  if (
    (await store.create(VAULT_KEY, jsonBytes(vaultDocument(vaultId)))) === 'exists' &&
    (await readDocument(store)).vaultId !== vaultId
  ) {
    throw new VaultError('vault-exists', `${store.name}: somebody else created a vault at the same time`, {
      objectKey: VAULT_KEY,
    });
  }
  return { vaultId, masterKey, recoveryKey: masterKey.toString('base64') };
}

/** What vault.json says; the id decides all of it: a ULID holds the time it was made at. */
export function vaultDocument(vaultId: string): VaultDocument {
  return {
    format: 'adyton-vault',
    version: VERSION,
    vaultId,
    createdAt: new Date(decodeTime(vaultId)).toISOString(),
    slotBytes: SLOT_BYTES,
    algorithms: { id: 'hmac-sha256', encryption: 'aes-256-gcm', compression: 'zstd' },
  };
}

/** @throws VaultError no-vault, unsupported-version, wrong-key. */
export async function openVault(store: ObjectStore, unlock: Unlock): Promise<Vault> {
  const { vaultId } = await readDocument(store);
  for await (const { key } of store.list(`key/${vaultId}-`)) {
    const bytes = await store.get(key);
    const masterKey =
      bytes === null ? null : await unwrapMasterKey(JSON.parse(textOf(bytes)) as KeySlot, vaultId, unlock);
    if (masterKey !== null) return { vaultId, masterKey };
  }
  throw new VaultError('wrong-key', `the ${unlock.kind} opens no key slot of the vault in ${store.name}`);
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
  const document = JSON.parse(textOf(bytes)) as VaultDocument;
  if (document.format !== 'adyton-vault' || document.version !== VERSION) {
    throw new VaultError(
      'unsupported-version',
      `${store.name}: vault format ${document.format} ${document.version} is not known to this program`,
      { objectKey: VAULT_KEY },
    );
  }
  return document;
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
