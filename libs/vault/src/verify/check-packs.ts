// Packs, level by level: listed and long enough, the sha256 of its bytes, every chunk of it. A pack is read once, whatever the level, and
// few packs are in memory at a time.
import { bufferOver } from '../compute/buffer-over';
import { FRAME_HEADER_BYTES, ID_BYTES, OPEN_FIELDS, TAG_BYTES } from '../compute/chunk-operations';
import {
  type DirectoryEntry,
  FOOTER_BYTES,
  readPackDirectory,
  readPackFooter,
  readPackHeader,
} from '../format/pack';
import { ulidToBytes } from '../format/ulid-bytes';
import {
  PACK_BYTES_MAX,
  PACK_SLACK_BYTES,
  PACKS_VERIFIED_AT_ONCE,
  READ_BATCH_BYTES,
  REQUESTS_AT_ONCE,
} from '../limits';
import { forEachAtOnce } from '../session/at-once';
import { damaged } from '../vault-error';
import { type Damage, orDamage } from './finding';
import { type LiveClosure, type NeededPack } from './live-closure';
import { type VerifyRun } from './verify-run';

/** What is wrong with packs, by object key. */
export type DamagedPacks = Map<string, Damage>;

const NAME = /^pack\/[0-9a-f]{2}\/([0-9a-f]{64})-([0-9A-Z]{26})$/;

/** Sees which packs are there. @returns one pack of each session that wrote any, by sid */
export async function listPacks(run: VerifyRun, { packs }: LiveClosure): Promise<Map<string, string>> {
  const writers = new Map<string, string>();
  for await (const { key, bytes } of run.store.list('pack/')) {
    const needed = packs.get(key);
    if (needed !== undefined) needed.bytes = bytes;
    writers.set(NAME.exec(key)?.[2] ?? '', key);
  }
  writers.delete('');
  return writers;
}

/** What the listing says. */
export function missingPacks({ packs }: LiveClosure): DamagedPacks {
  const found: DamagedPacks = new Map();
  for (const [key, { bytes, end }] of packs) {
    if (bytes === null) found.set(key, 'missing');
    else if (bytes < end + FOOTER_BYTES) found.set(key, 'truncated');
  }
  return found;
}

/** Adds to `found`. @returns how many the time did not suffice for */
export async function checkPackArea(
  run: VerifyRun,
  { closure, found }: { readonly closure: LiveClosure; readonly found: DamagedPacks },
  keys: readonly string[],
): Promise<number> {
  let left = 0;
  await forEachAtOnce(keys, run.level === 0 ? REQUESTS_AT_ONCE : PACKS_VERIFIED_AT_ONCE, async (key) => {
    const pack = closure.packs.get(key);
    if (run.isOver || pack === undefined) left += 1;
    else if (!found.has(key)) await checkPack(run, { key, pack, found });
  });
  return left;
}

async function checkPack(
  run: VerifyRun,
  { key, pack, found }: { key: string; pack: NeededPack; found: DamagedPacks },
): Promise<void> {
  run.objectsChecked[pack.holdsData ? 'data-pack' : 'metadata-pack'] += 1;
  const read = await orDamage(() =>
    run.level === 0 ? checkFooter(run, key, pack) : checkBytes(run, key, pack),
  );
  if ('damage' in read) found.set(key, read.damage);
}

async function checkFooter(run: VerifyRun, key: string, { bytes, end }: NeededPack): Promise<void> {
  const size = bytes ?? 0;
  const footer = await run.store.get(key, { offset: size - FOOTER_BYTES, length: FOOTER_BYTES });
  if (footer === null) throw damaged(key, 'missing');
  if (readPackFooter(bufferOver(footer), size, key).directoryOffset < end) throw damaged(key, 'altered');
}

async function checkBytes(run: VerifyRun, key: string, pack: NeededPack): Promise<void> {
  if ((pack.bytes ?? 0) > PACK_BYTES_MAX + PACK_SLACK_BYTES) throw damaged(key, 'altered');
  const read = await run.store.get(key);
  if (read === null) throw damaged(key, 'missing');
  const bytes = bufferOver(read);
  // The name first: a pack that has it is whole, and then another version is one of a newer program.
  if ((await run.options.compute.name(read)) !== packIdOf(key)) throw damaged(key, 'altered');
  const { sid } = readPackHeader(bytes, key);
  if (!sid.equals(ulidToBytes(NAME.exec(key)?.[2] ?? ''))) throw damaged(key, 'altered');
  const { directoryOffset } = readPackFooter(bytes.subarray(-FOOTER_BYTES), bytes.length, key);
  if (directoryOffset < pack.end) throw damaged(key, 'altered');
  if (run.level >= 2) await checkChunks(run, { key, dbKey: pack.dbKey, bytes });
}

interface ReadPack {
  readonly key: string;
  readonly dbKey: string;
  readonly bytes: Buffer;
}

async function checkChunks(run: VerifyRun, pack: ReadPack): Promise<void> {
  const { vaultId } = run.options.vault;
  const { encKey, idKey } = run.keysOf(pack.dbKey);
  const { salt } = readPackHeader(pack.bytes, pack.key);
  const entries = readPackDirectory(pack.bytes, { encKey, vaultId }, pack.key);
  for (const batch of batchesOf(entries)) {
    const start = batch[0]?.entry.offset ?? 0;
    const end = Math.max(
      ...batch.map(({ entry }) => entry.offset + FRAME_HEADER_BYTES + entry.clen + TAG_BYTES),
    );
    if (end > pack.bytes.length) throw damaged(pack.key, 'altered');
    const bytes = Uint8Array.prototype.slice.call(pack.bytes, start, end); // memory of its own: a thread gets no more than it needs
    const frames = new Uint32Array(batch.length * OPEN_FIELDS);
    const ids = Buffer.alloc(batch.length * ID_BYTES);
    batch.forEach(({ entry: e, ordinal }, i) => {
      frames.set(
        [e.offset - start, e.clen, e.ulen, ordinal, e.kind, e.compression, e.units],
        i * OPEN_FIELDS,
      );
      ids.set(e.chunkId, i * ID_BYTES);
    });
    const context = { encKey, idKey, vaultId, packSalt: Uint8Array.from(salt) };
    const opened = await run.options.compute.open({ ...context, bytes, frames, ids });
    if (opened.kind === 'altered') throw damaged(pack.key, 'altered');
  }
}

interface PlacedEntry {
  readonly entry: DirectoryEntry;
  readonly ordinal: number;
}

/** Chunks of a directory, in the order of their frames, by what they are when they are opened. */
function* batchesOf(entries: readonly DirectoryEntry[]): Generator<readonly PlacedEntry[]> {
  let batch: PlacedEntry[] = [];
  let bytes = 0;
  for (const [ordinal, entry] of entries.entries()) {
    batch.push({ entry, ordinal });
    bytes += entry.ulen;
    if (bytes < READ_BATCH_BYTES && ordinal + 1 < entries.length) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
}

export function packIdOf(key: string): string {
  return NAME.exec(key)?.[1] ?? '';
}
