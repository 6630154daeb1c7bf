// A second reader of vaults, written from docs/formats/vault-format.md and nothing else: it shares no line with the program. It reads a
// vault that lies in a directory, as someone would who has a bucket, a key file and the document. If it and the document part ways, one of
// them is wrong.
import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';

export interface IndependentReader {
  /** Handles of everything the manifests and partials of the database name. */
  handles(): string[];
  /** @returns the bytes of the piece; null: no recipe, or all are hidden */
  restore(handle: string): Buffer | null;
}

interface Keys {
  readonly dbKey: string;
  readonly idKey: Buffer;
  readonly encKey: Buffer;
  readonly metaKey: Buffer;
}

interface Recipe {
  readonly bytes: number;
  readonly digest: string;
  readonly packs: readonly { readonly packId: string; readonly sid: string; readonly salt: string }[];
  readonly ids: readonly Buffer[];
  /** Eight columns: pack, ordinal, offset, clen, length, kind, compression, units. */
  readonly locations: readonly Uint32Array[];
  /** Three columns: chunk, offset, length. */
  readonly extents: readonly Uint32Array[];
}

/** @param directory where the objects lie, each in a file of its name; @param dbid decimal; @param keyFile its 32 bytes */
export function openIndependently(directory: string, dbid: string, keyFile: Buffer): IndependentReader {
  const vault = readJson(join(directory, 'vault.json')) as {
    format: string;
    version: number;
    vaultId: string;
  };
  if (vault.format !== 'adyton-vault' || vault.version !== 1) throw new Error('not a vault of version 1');
  const { vaultId } = vault;
  const keys = keysOf(masterKeyOf(directory, vaultId, keyFile), vaultId, dbid);
  return {
    handles: () => handlesOf(directory, keys),
    restore: (handle) => {
      const recipeKey = newestRecipe(directory, keys, `${dbid}\0${handle}`);
      if (recipeKey === null) return null;
      const recipe = readRecipe(openDocument(directory, keys, 'recipe', recipeKey));
      return assemble(directory, { keys, vaultId }, recipe);
    },
  };
}

function masterKeyOf(directory: string, vaultId: string, keyFile: Buffer): Buffer {
  for (const name of namesIn(join(directory, 'key'))) {
    if (!name.startsWith(`${vaultId}-`)) continue;
    const slot = readJson(join(directory, 'key', name)) as { v: number; kind: string; wrapped: string };
    if (slot.kind !== 'key-file') continue;
    const wrapped = Buffer.from(slot.wrapped, 'base64');
    return decrypt(keyFile, wrapped.subarray(0, 12), Buffer.from(vaultId), wrapped.subarray(12));
  }
  throw new Error('no key slot for a key file');
}

function keysOf(masterKey: Buffer, vaultId: string, dbid: string): Keys {
  const key = (name: string, purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', masterKey, vaultId, `adyton database ${name} ${purpose}`, length));
  const dbKey = key(dbid, 'dbKey', 8).toString('hex');
  const [idKey, encKey, metaKey] = ['idKey', 'encKey', 'metaKey'].map((purpose) => key(dbKey, purpose, 32));
  if (idKey === undefined || encKey === undefined || metaKey === undefined) throw new Error('three keys');
  return { dbKey, idKey, encKey, metaKey };
}

function handlesOf(directory: string, keys: Keys): string[] {
  const handles = new Set<string>();
  for (const name of namesIn(join(directory, 'manifest', keys.dbKey))) {
    const key = `manifest/${keys.dbKey}/${name}`;
    if (readFileSync(join(directory, key)).toString('latin1') === 'ADYTOMB1') continue;
    const kind = name.endsWith('.partial') ? 'partial' : 'manifest';
    const { pieces } = JSON.parse(openDocument(directory, keys, kind, key).toString('utf8')) as {
      pieces: { handle: string }[];
    };
    for (const { handle } of pieces) handles.add(handle);
  }
  return [...handles];
}

function newestRecipe(directory: string, keys: Keys, named: string): string | null {
  const h = createHmac('sha256', keys.metaKey).update(named).digest('hex');
  const path = `${h.slice(0, 2)}/${h}`;
  const hidden = ['removed', 'released'].flatMap((marker) => namesIn(join(directory, marker, path)));
  const seen = namesIn(join(directory, 'piece', path)).filter(
    (name) => !hidden.includes(name.split('-')[0] ?? ''),
  );
  const newest = seen.sort().at(-1);
  return newest === undefined ? null : `piece/${path}/${newest}`;
}

/** The body of a sealed document. */
function openDocument(directory: string, keys: Keys, kind: string, objectName: string): Buffer {
  const bytes = readFileSync(join(directory, objectName));
  if (bytes.toString('latin1', 0, 4) !== 'ADYM' || bytes[4] !== 1)
    throw new Error(`${objectName} is no document`);
  const aad = Buffer.from(`adyton ${kind} 1 ${objectName}`);
  return zstdDecompressSync(decrypt(keys.metaKey, bytes.subarray(5, 17), aad, bytes.subarray(17)));
}

function readRecipe(body: Buffer): Recipe {
  const headLength = body.readUInt32LE(0);
  const head = JSON.parse(body.toString('utf8', 4, 4 + headLength)) as Pick<
    Recipe,
    'bytes' | 'digest' | 'packs'
  > & {
    v: number;
    chunks: number;
    extents: number;
  };
  if (head.v !== 1) throw new Error('a recipe of another version');
  let at = 4 + headLength;
  const column = (rows: number): Uint32Array => numbersOf(body.subarray(at, (at += rows * 4)), rows);
  const columns = (count: number, rows: number): Uint32Array[] =>
    Array.from({ length: count }, () => column(rows));
  const ids = Array.from({ length: head.chunks }, () => body.subarray(at, (at += 32)));
  return { ...head, ids, locations: columns(8, head.chunks), extents: columns(3, head.extents) };
}

/** First all lowest bytes of the differences, then the second, third and highest ones. */
function numbersOf(planes: Buffer, rows: number): Uint32Array {
  const numbers = new Uint32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let value = row === 0 ? 0 : (numbers[row - 1] ?? 0);
    for (let plane = 0; plane < 4; plane += 1) value += (planes[plane * rows + row] ?? 0) * 256 ** plane;
    numbers[row] = value % 2 ** 32;
  }
  return numbers;
}

interface Opened {
  readonly keys: Keys;
  readonly vaultId: string;
}

function assemble(directory: string, opened: Opened, recipe: Recipe): Buffer {
  const [chunkOf, offsetOf, lengthOf] = recipe.extents;
  const digest = createHash('sha256');
  const parts: Buffer[] = [];
  for (let i = 0; i < (chunkOf?.length ?? 0); i += 1) {
    const [chunk = 0, offset = 0, length = 0] = [chunkOf?.[i], offsetOf?.[i], lengthOf?.[i]];
    parts.push(chunkAt(directory, opened, recipe, chunk).subarray(offset, offset + length));
    digest.update(recipe.ids[chunk] ?? '').update(u32(length));
  }
  const piece = Buffer.concat(parts);
  if (digest.digest('hex') !== recipe.digest) throw new Error('the digest is another');
  if (piece.length !== recipe.bytes) throw new Error('the piece is not as long as its recipe says');
  return piece;
}

function chunkAt(directory: string, { keys, vaultId }: Opened, recipe: Recipe, row: number): Buffer {
  const [
    packNumber = 0,
    ordinal = 0,
    offset = 0,
    clen = 0,
    length = 0,
    kind = 0,
    compression = 0,
    units = 0,
  ] = recipe.locations.map((column) => column[row] ?? 0);
  const [pack, id] = [recipe.packs[packNumber], recipe.ids[row]];
  if (pack === undefined || id === undefined) throw new Error('a chunk that no column holds');
  const bytes = readFileSync(join(directory, 'pack', pack.packId.slice(0, 2), `${pack.packId}-${pack.sid}`));
  if (createHash('sha256').update(bytes).digest('hex') !== pack.packId)
    throw new Error('a pack of another name');
  const frame = bytes.subarray(offset, offset + 12 + clen + 16);
  if (
    frame.toString('latin1', 0, 4) !== 'ADYF' ||
    frame.readUInt32LE(4) !== ordinal ||
    frame.readUInt32LE(8) !== clen
  )
    throw new Error('no frame where one should be');
  const salt = Buffer.from(pack.salt, 'base64');
  const packKey = Buffer.from(hkdfSync('sha256', keys.encKey, salt, 'adyton pack', 32));
  const nonce = Buffer.concat([u32(ordinal), Buffer.alloc(8)]);
  const aad = Buffer.concat([
    Buffer.from(vaultId),
    salt,
    id,
    u32(ordinal),
    Buffer.of(kind, compression),
    u32(length),
  ]);
  const stored = decrypt(packKey, nonce, aad, frame.subarray(12));
  const chunk = compression === 1 ? zstdDecompressSync(stored) : stored;
  const digests = Array.from({ length: units }, (_, unit) =>
    createHash('sha256')
      .update(chunk.subarray((unit * length) / units, ((unit + 1) * length) / units))
      .digest(),
  );
  const named = Buffer.concat([Buffer.of(kind), u32(length), Buffer.of(units), ...digests]);
  if (!createHmac('sha256', keys.idKey).update(named).digest().equals(id))
    throw new Error('a chunk of another id');
  return chunk;
}

/** AES-256-GCM; the tag is the last 16 bytes. */
function decrypt(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Of the objects right below a folder; none when there is no such folder. */
function namesIn(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}
