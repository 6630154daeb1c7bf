// The bucket as the checks see it: through the product's own readers, with the key of the vault and nothing of the ledger.
import { loadConfig, storeSettings } from '@adyton/runtime';
import {
  answerForPieces,
  deriveDatabaseKeys,
  readRecoveryPoints,
  readUnusablePacks,
  VaultError,
} from '@adyton/vault';
import { configuredStore, openConfiguredVault } from '@adyton/vault-access';
import { join } from 'node:path';
import { type RunningStack } from '../running-stack';

export interface Bucket {
  /** Of these handles those that cannot be given back whole, each with why not. */
  lacks(handles: readonly string[]): Promise<Map<string, string>>;
  /** Keys of the manifests of all recovery points it holds. @throws when one of them is damaged */
  manifestKeys(): Promise<string[]>;
}

export function vaultKeyFile({ directory }: RunningStack): string {
  return join(directory, 'control', 'vault.key');
}

export async function openBucket(stack: RunningStack): Promise<Bucket> {
  const openStore = configuredStore(loadConfig(storeSettings, stack.lab.s3Settings()));
  const { masterKey, vaultId } = await openConfiguredVault(
    { ADYTON_VAULT_KEY_FILE: vaultKeyFile(stack) },
    openStore,
  );
  const store = await openStore();
  const [database] = await stack.sql<{ dbid: string }>('SELECT dbid FROM adyton.databases');
  const dbid = database?.dbid ?? '';
  const keys = deriveDatabaseKeys(masterKey, vaultId, dbid);
  return {
    lacks: async (handles) => {
      const question = { store, keys, dbid, vaultId, unusablePacks: await readUnusablePacks(store) };
      const answers = await answersOf(handles, (some) => answerForPieces(question, some));
      return new Map(answers.filter((answer): answer is [string, string] => answer[1] !== null));
    },
    manifestKeys: async () => {
      const found: string[] = [];
      for await (const point of readRecoveryPoints({ store, masterKey, vaultId })) {
        if (point.kind === 'damaged') throw new Error(`I7: ${point.manifestKey}: ${point.detail}`);
        found.push(point.manifestKey);
      }
      return found;
    },
  };
}

/** All at once; one by one only when something is wrong with one of them. */
async function answersOf(
  handles: readonly string[],
  ask: (handles: readonly string[]) => Promise<readonly (object | null)[]>,
): Promise<[string, string | null][]> {
  try {
    const pieces = await ask(handles);
    return handles.map((handle, i) => [handle, pieces[i] === null ? 'there is no such piece' : null]);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    const [only] = handles;
    if (only !== undefined && handles.length === 1) return [[only, error.message]];
    const answers: [string, string | null][] = [];
    for (const handle of handles) answers.push(...(await answersOf([handle], ask)));
    return answers;
  }
}
