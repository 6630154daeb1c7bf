// The key file of the vault: 32 random bytes for the eyes of this process alone.
import { AdytonError } from '@adyton/contracts';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';

export const KEY_FILE_BYTES = 32;
const OWNER_ONLY_MODE = 0o600;
/** Nothing for group and others; a file of root's may be read by the group, as Kubernetes mounts a secret for `fsGroup`. */
const FORBIDDEN = { ofRoot: 0o037, ofUser: 0o077 };
const ROOT = 0;

/** @throws AdytonError ADY_VAULT_KEY_WRONG when the file is missing, of another size, or readable by others. */
export async function readKeyFile(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY).catch((cause: unknown) => {
    throw new AdytonError('ADY_VAULT_KEY_WRONG', `the key file ${path} cannot be read`, {}, { cause });
  });
  try {
    const { mode, size, uid } = await file.stat();
    if ((mode & (uid === ROOT ? FORBIDDEN.ofRoot : FORBIDDEN.ofUser)) !== 0)
      throw new AdytonError(
        'ADY_VAULT_KEY_WRONG',
        `the key file ${path} is readable by others; chmod 600 it`,
      );
    if (size !== KEY_FILE_BYTES)
      throw new AdytonError(
        'ADY_VAULT_KEY_WRONG',
        `the key file ${path} has ${size} bytes, not ${KEY_FILE_BYTES}`,
      );
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Makes the file unless it is there. @returns whether it was made now. */
export async function createKeyFile(path: string, key: Uint8Array): Promise<boolean> {
  if (await isThere(path)) return false;
  const file = await open(path, 'wx', OWNER_ONLY_MODE);
  try {
    await file.writeFile(key);
    await file.sync(); // a key lost in a power cut after the vault was made opens nothing
  } finally {
    await file.close();
  }
  return true;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
