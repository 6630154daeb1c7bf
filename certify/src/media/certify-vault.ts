// The vault that takes the pieces of one certification: the one that the settings name, or a directory of its own whose key is drawn anew
// and never written down, so that nobody can read it once the program has ended.
import { openObjectStore, type ObjectStore } from '@adyton/object-store';
import { loadConfig, storeSettings } from '@adyton/runtime';
import {
  createVault,
  deriveDatabaseKeys,
  findPiece,
  IngestBuffers,
  openPieceReader,
  openWriterSession,
  removePiece,
  RestoreBuffers,
  threadCompute,
  type FoundPiece,
  type PieceIngest,
  type PieceReader,
  type Vault,
} from '@adyton/vault';
import { configuredStore, openConfiguredVault, vaultKeySettings } from '@adyton/vault-access';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';

const COMPUTE_THREADS = 2;
const KEY_BYTES = 32;
/** No run of the product; fences begin at 1. */
const FENCE = 1;

export interface CertifyVault {
  readonly name: string;
  open(handle: string): Promise<PieceIngest>;
  find(handle: string): Promise<FoundPiece | null>;
  read(handle: string): Promise<PieceReader>;
  remove(handle: string): Promise<void>;
  /** Nothing of the certification stays behind. */
  close(written: readonly string[]): Promise<void>;
}

export interface VaultPlace {
  readonly id: string;
  readonly dbid: string;
  /** For a throw-away vault. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

export async function openCertifyVault(place: VaultPlace): Promise<CertifyVault> {
  const { store, vault, throwAway } =
    place.env['ADYTON_STORE_KIND'] === undefined ? await throwAwayVault(place) : await namedVault(place.env);
  const keys = deriveDatabaseKeys(vault.masterKey, vault.vaultId, place.dbid);
  const compute = threadCompute({ threads: COMPUTE_THREADS });
  const common = { store, vaultId: vault.vaultId, keys, dbid: place.dbid, compute };
  const session = await openWriterSession({
    ...common,
    buffers: new IngestBuffers(),
    runId: `certify_${place.id}`,
    fence: FENCE,
    now: () => new Date(),
  });
  const restoreBuffers = new RestoreBuffers();
  return {
    name: store.name,
    open: (handle) => session.openPiece(handle),
    find: (handle) => findPiece(common, handle),
    read: (handle) => openPieceReader({ ...common, restoreBuffers }, handle),
    remove: (handle) => removePiece(common, handle),
    close: async (written) => {
      for (const handle of written)
        if ((await findPiece(common, handle)) !== null) await removePiece(common, handle);
      await session.end();
      await compute.close();
      if (throwAway) rmSync(place.directory, { recursive: true, force: true });
    },
  };
}

interface OpenVault {
  readonly store: ObjectStore;
  readonly vault: Vault;
  readonly throwAway: boolean;
}

async function throwAwayVault({ directory }: VaultPlace): Promise<OpenVault> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const store = await openObjectStore({ kind: 'filesystem', directory });
  const unlock = { kind: 'key-file', key: randomBytes(KEY_BYTES) } as const;
  return { store, vault: await createVault(store, { unlock, now: new Date() }), throwAway: true };
}

async function namedVault(env: NodeJS.ProcessEnv): Promise<OpenVault> {
  const config = loadConfig({ ...storeSettings, ...vaultKeySettings }, env);
  const openStore = configuredStore(config);
  return { store: await openStore(), vault: await openConfiguredVault(config, openStore), throwAway: false };
}
