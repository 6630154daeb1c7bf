// Encrypted tablespaces are backed up as they are on disk. Whoever restores them needs the keystore, which is in no backup of the database.
import { type RecoveryPointContents } from '@adyton/contracts';
import { type EncryptedTablespace, type Keystore } from '@adyton/oracle';
import { checkThat, type Check } from './check-that';

/** Without containers, or in the root: a keystore there serves the pluggable databases that have none of their own (united mode). */
const SHARED_CONTAINERS: readonly number[] = [0, 1];

export function judgeKeystore(
  encrypted: readonly EncryptedTablespace[],
  keystores: readonly Keystore[],
): Check {
  if (encrypted.length === 0) return checkThat('keystore', true, 'no tablespace is encrypted');
  const isOpen = (container: number): boolean => statusesOf(container, keystores).includes('OPEN');
  const shut = encrypted.filter(({ containerId }) => !isOpen(containerId));
  if (shut.length === 0) return checkThat('keystore', true, `open for ${namesOf(encrypted)}`);
  const statuses = new Set(shut.flatMap(({ containerId }) => statusesOf(containerId, keystores)));
  return checkThat('keystore', false, `${[...statuses].join(', ') || 'none'} for ${namesOf(shut)}`);
}

/** @param recorded ids of the keys that somebody has recorded as backed up */
export function judgeKeystoreBackup(
  encrypted: readonly EncryptedTablespace[],
  recorded: readonly string[],
): Check {
  const keys = keyIdsOf(encrypted);
  if (keys.length === 0) return checkThat('keystore-backup', true, 'no tablespace is encrypted');
  const open = keys.filter((key) => !recorded.includes(key));
  if (open.length === 0) return checkThat('keystore-backup', true, `on record for ${keys.join(', ')}`);
  const tablespaces = encrypted.filter(({ keyId }) => keyId !== null && open.includes(keyId));
  const evidence = `no backup of the keystore is on record for ${open.join(', ')} of ${namesOf(tablespaces)}`;
  return checkThat('keystore-backup', false, evidence);
}

/** For the recovery point: each key with what it opens. */
export function encryptionKeysOf(
  encrypted: readonly EncryptedTablespace[],
): NonNullable<RecoveryPointContents['encryptionKeys']> {
  return keyIdsOf(encrypted).map((keyId) => ({
    keyId,
    tablespaces: encrypted.filter((t) => t.keyId === keyId).map(({ name }) => name),
  }));
}

function keyIdsOf(encrypted: readonly EncryptedTablespace[]): string[] {
  return [...new Set(encrypted.flatMap(({ keyId }) => keyId ?? []))].sort();
}

function statusesOf(container: number, keystores: readonly Keystore[]): string[] {
  const own = keystores.filter(({ containerId }) => containerId === container);
  const serving = own.length > 0 ? own : keystores.filter((k) => SHARED_CONTAINERS.includes(k.containerId));
  return serving.map(({ status }) => status);
}

function namesOf(encrypted: readonly EncryptedTablespace[]): string {
  return `tablespace(s) ${encrypted.map(({ name }) => name).join(', ')}`;
}
