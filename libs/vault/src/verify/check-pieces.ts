// Whole pieces, as a restore would read them: every chunk in its place, the length, and Oracle's own marks of the blocks in them.
import { CORRUPT_BLOCKS_TOLD_MAX } from '../limits';
import { openRecipeReader } from '../restore/piece-reader';
import { damaged, VaultError } from '../vault-error';
import { BlockScanner, type CorruptBlock } from './block-scanner';
import { type DamagedPacks } from './check-packs';
import { damageOf, orDamage } from './finding';
import { type LiveClosure, type LivePiece, readLiveRecipe } from './live-closure';
import { type VerifyRun } from './verify-run';

/** Adds to `found` what is wrong with packs and was not known yet. @returns how many pieces the time did not suffice for */
export async function checkPieceArea(
  run: VerifyRun,
  { closure, found }: { readonly closure: LiveClosure; readonly found: DamagedPacks },
  recipeKeys: readonly string[],
): Promise<number> {
  let left = 0;
  for (const key of recipeKeys) {
    const piece = closure.pieces.get(key);
    if (piece === undefined || !(await checkPiece(run, piece, found))) left += 1;
  }
  return left;
}

/** @returns false when the time was over before its end */
async function checkPiece(run: VerifyRun, piece: LivePiece, found: DamagedPacks): Promise<boolean> {
  if (run.isOver) return false;
  const recipe = await orDamage(() => readLiveRecipe(run, piece));
  if ('damage' in recipe) return true; // told when the closure was read
  const blocks: CorruptBlock[] = [];
  let blocksCorrupt = 0;
  const scanner = new BlockScanner((block) => {
    blocksCorrupt += 1;
    if (blocks.length < CORRUPT_BLOCKS_TOLD_MAX) blocks.push(block);
  });
  const reader = openRecipeReader(run.chunkSourceOf(piece.dbKey), recipe.value);
  try {
    for (let part = await reader.read(); part !== null; part = await reader.read()) {
      scanner.push(part);
      if (run.isOver) return false;
    }
    scanner.end();
    run.piecesRead += 1;
  } catch (error) {
    learnDamage(error, piece, found);
  }
  run.blocksChecked += scanner.blocksChecked;
  const { handle, recipeKey: objectKey, recoveryPoints } = piece;
  if (blocksCorrupt > 0)
    await run.tell({ kind: 'corrupt-blocks', objectKey, handle, blocks, blocksCorrupt, recoveryPoints });
  return true;
}

/** @throws the error, when it is not about a pack */
function learnDamage(error: unknown, { recipeKey }: LivePiece, found: DamagedPacks): void {
  const damage = damageOf(error);
  const packKey = error instanceof VaultError ? error.facts.objectKey : undefined;
  if (damage === null || packKey === undefined) throw damage === null ? error : damaged(recipeKey, 'altered');
  if (!found.has(packKey)) found.set(packKey, damage);
}
