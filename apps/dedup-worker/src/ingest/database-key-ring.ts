// The subkeys of this host's databases: fetched once from the control-plane, kept in 0600 files, so that a restore needs neither
// control-plane nor master key. Keys of other databases never reach this host.
import { type DatabaseId } from '@adyton/domain';
import { parseDatabaseKeys, type DatabaseKeys } from '@adyton/vault';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ControlPlane } from '../control-plane';

export interface DatabaseKeyEntry {
  readonly vaultId: string;
  readonly keys: DatabaseKeys;
}

export class DatabaseKeyRing {
  private readonly known = new Map<DatabaseId, DatabaseKeyEntry>();

  constructor(
    private readonly controlPlane: ControlPlane,
    private readonly stateDir: string,
  ) {}

  /** @throws AdytonError when the keys are neither kept here nor given by the control-plane. */
  async keysOf(databaseId: DatabaseId): Promise<DatabaseKeyEntry> {
    const entry =
      this.known.get(databaseId) ?? (await this.readKept(databaseId)) ?? (await this.fetch(databaseId));
    this.known.set(databaseId, entry);
    return entry;
  }

  private fileOf(databaseId: DatabaseId): string {
    return join(this.stateDir, 'keys', `${databaseId}.json`);
  }

  private async readKept(databaseId: DatabaseId): Promise<DatabaseKeyEntry | null> {
    try {
      return parseEntry(JSON.parse(await readFile(this.fileOf(databaseId), 'utf8')) as KeyDocument);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }

  private async fetch(databaseId: DatabaseId): Promise<DatabaseKeyEntry> {
    const document = await this.controlPlane.databaseKeys(databaseId);
    const entry = parseEntry(document);
    const file = this.fileOf(databaseId);
    await mkdir(join(this.stateDir, 'keys'), { recursive: true, mode: 0o700 });
    await writeFile(`${file}.new`, JSON.stringify(document), { mode: 0o600 });
    await rename(`${file}.new`, file);
    return entry;
  }
}

interface KeyDocument {
  readonly vaultId: string;
  readonly keys: Readonly<Record<string, string>>;
}

function parseEntry(document: KeyDocument): DatabaseKeyEntry {
  return { vaultId: document.vaultId, keys: parseDatabaseKeys(document.keys) };
}
