// Keys of one database, derived from the master key. The deduplication domain is one database: a host holds the keys of its own
// databases and can make nothing of another's.
import { hkdfSync } from 'node:crypto';

export interface DatabaseKeys {
  /** Names the database in object keys; not readable without the master key. */
  readonly dbKey: string;
  /** Chunk ids. */
  readonly idKey: Buffer;
  /** Packs. */
  readonly encKey: Buffer;
  /** Index segments, recipes, manifests, names of pieces. */
  readonly metaKey: Buffer;
  /** Content-defined cuts. */
  readonly gearKey: Buffer;
}

const KEY_BYTES = 32;
const DB_KEY_BYTES = 8;
const PURPOSES = ['idKey', 'encKey', 'metaKey', 'gearKey'] as const;

/** @param dbid decimal DBID */
export function deriveDatabaseKeys(masterKey: Uint8Array, vaultId: string, dbid: string): DatabaseKeys {
  return databaseKeysOf(
    masterKey,
    vaultId,
    derive(masterKey, vaultId, `${dbid} dbKey`, DB_KEY_BYTES).toString('hex'),
  );
}

/** From the name in object keys alone: the bucket and the master key open every database of a vault. */
export function databaseKeysOf(masterKey: Uint8Array, vaultId: string, dbKey: string): DatabaseKeys {
  const key = (purpose: string): Buffer => derive(masterKey, vaultId, `${dbKey} ${purpose}`, KEY_BYTES);
  return {
    dbKey,
    idKey: key('idKey'),
    encKey: key('encKey'),
    metaKey: key('metaKey'),
    gearKey: key('gearKey'),
  };
}

function derive(masterKey: Uint8Array, vaultId: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, vaultId, `adyton database ${purpose}`, bytes));
}

export function serialiseDatabaseKeys(keys: DatabaseKeys): Record<string, string> {
  return { dbKey: keys.dbKey, ...Object.fromEntries(PURPOSES.map((p) => [p, keys[p].toString('base64')])) };
}

/** @throws RangeError when the document is not what serialiseDatabaseKeys makes. */
export function parseDatabaseKeys(document: Readonly<Record<string, string>>): DatabaseKeys {
  const key = (name: string): Buffer => {
    const bytes = Buffer.from(document[name] ?? '', 'base64');
    if (bytes.length !== KEY_BYTES)
      throw new RangeError(`database keys: ${name} is missing or has the wrong length`);
    return bytes;
  };
  const { dbKey } = document;
  if (dbKey === undefined || !/^[0-9a-f]{16}$/.test(dbKey))
    throw new RangeError('database keys: dbKey is missing or malformed');
  return {
    dbKey,
    idKey: key('idKey'),
    encKey: key('encKey'),
    metaKey: key('metaKey'),
    gearKey: key('gearKey'),
  };
}
