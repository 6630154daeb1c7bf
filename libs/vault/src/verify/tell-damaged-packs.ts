// Which pieces a damaged pack takes with it: those that use a chunk of it that cannot be read any more. Found out by reading, in one more
// pass over the recipes, so that a flipped bit in a pack of a thousand chunks costs the pieces that use this chunk and no other.
import { ID_BYTES } from '../compute/chunk-operations';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { LOCATION, LOCATION_FIELDS } from '../format/chunk-table';
import { packObjectKey } from '../format/pack';
import { type Recipe } from '../format/recipe';
import { READ_BATCH_BYTES, READ_RANGE_BYTES_MAX } from '../limits';
import { frameEnd, readChunks, type WantedChunk } from '../restore/read-chunks';
import { type DamagedPacks } from './check-packs';
import { orDamage } from './finding';
import { type LiveClosure, type LivePiece, readExpired, readLiveRecipe } from './live-closure';
import { type VerifyRun } from './verify-run';

export async function tellDamagedPacks(
  run: VerifyRun,
  closure: LiveClosure,
  found: DamagedPacks,
): Promise<void> {
  if (found.size === 0) return;
  const lost = await piecesLost(run, closure, found);
  const live = await liveRecoveryPoints(run, [...lost.values()].flat());
  for (const [objectKey, damage] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const pack = closure.packs.get(objectKey);
    const pieces = (lost.get(objectKey) ?? []).filter((piece) =>
      piece.recoveryPoints.some((key) => live.has(key)),
    );
    const isCollected = damage === 'missing' && pack?.holdsData === true && pieces.length === 0;
    if (isCollected) continue; // retention let go of all who needed it while we looked
    await run.tellDamage({
      object: pack?.holdsData === false ? 'metadata-pack' : 'data-pack',
      objectKey,
      damage,
      means: pieces.length > 0 ? 'pieces-lost' : 'costs-space',
      recoveryPoints: [...new Set(pieces.flatMap((piece) => piece.recoveryPoints))].sort(),
      pieces: pieces.map(({ handle }) => handle).sort(),
    });
  }
}

async function piecesLost(
  run: VerifyRun,
  closure: LiveClosure,
  found: DamagedPacks,
): Promise<Map<string, LivePiece[]>> {
  const lost = new Map<string, LivePiece[]>();
  for (const piece of closure.pieces.values()) {
    const read = await orDamage(() => readLiveRecipe(run, piece));
    if ('damage' in read) continue; // told when the closure was read
    for (const [number, pack] of read.value.packs.all().entries()) {
      const key = packObjectKey(pack);
      if (!found.has(key) || !(await losesChunks(run, piece, { recipe: read.value, number }))) continue;
      lost.set(key, [...(lost.get(key) ?? []), piece]);
    }
  }
  return lost;
}

async function liveRecoveryPoints(
  run: VerifyRun,
  pieces: readonly LivePiece[],
): Promise<ReadonlySet<string>> {
  const live = new Set<string>();
  const expired = await readExpired(run);
  for (const key of new Set(pieces.flatMap(({ recoveryPoints }) => recoveryPoints)))
    if (!expired.has(key) && (await run.store.head(key)) !== null) live.add(key);
  return live;
}

/** Whether the piece has bytes in chunks of this pack that cannot be read. */
async function losesChunks(
  run: VerifyRun,
  piece: LivePiece,
  { recipe, number }: { readonly recipe: Recipe; readonly number: number },
): Promise<boolean> {
  const pack = recipe.packs.at(number);
  for (const wanted of rangesOf(chunksOf(recipe, number))) {
    const read = await orDamage(() => readChunks(run.chunkSourceOf(piece.dbKey), pack, wanted, piece.handle));
    if ('damage' in read) return true;
  }
  return false;
}

/** Chunks of the piece in this pack, by offset; maps are not of the piece. */
function chunksOf({ ids, locations }: Recipe, number: number): WantedChunk[] {
  const chunks: WantedChunk[] = [];
  for (let row = 0; row * LOCATION_FIELDS < locations.length; row += 1) {
    const location = locations.subarray(row * LOCATION_FIELDS, (row + 1) * LOCATION_FIELDS);
    if (location[LOCATION.pack] !== number || location[LOCATION.kind] === CHUNK_KINDS.map) continue;
    chunks.push({ id: ids.subarray(row * ID_BYTES, (row + 1) * ID_BYTES), location });
  }
  const offsetOf = ({ location }: WantedChunk): number => location[LOCATION.offset] ?? 0;
  return chunks.sort((a, b) => offsetOf(a) - offsetOf(b));
}

function* rangesOf(chunks: readonly WantedChunk[]): Generator<readonly WantedChunk[]> {
  let range: WantedChunk[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const start = range[0]?.location[LOCATION.offset] ?? 0;
    const isFull = bytes >= READ_BATCH_BYTES || frameEnd(chunk.location) - start > READ_RANGE_BYTES_MAX;
    if (range.length > 0 && isFull) {
      yield range;
      range = [];
      bytes = 0;
    }
    range.push(chunk);
    bytes += chunk.location[LOCATION.length] ?? 0;
  }
  if (range.length > 0) yield range;
}
