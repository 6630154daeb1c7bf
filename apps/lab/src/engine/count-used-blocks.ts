/** How full the data files are, from their space maps. */
import { type FileSpace } from '../instance/live-state';
import { type Database } from './database';
import { countUsed, FIRST_BITMAP_BLOCK, firstDataBlock, highWaterOf, SPACE_HEADER_BLOCK } from './space-map';

/** One row per online data file. */
export function countUsedBlocks(database: Database): FileSpace[] {
  return [...database.files.values()].map(({ handle }) => {
    const { file, blockBytes, blocks } = handle;
    const highWater = highWaterOf(database.read(file, SPACE_HEADER_BLOCK));
    let set = 0;
    for (let block = FIRST_BITMAP_BLOCK; block < firstDataBlock(blockBytes, blocks); block++) {
      set += countUsed(database.read(file, block));
    }
    // The bitmap counts block 0, which v$datafile.blocks does not.
    return { file, blocks, usedBlocks: set - 1, formerlyUsedBlocks: highWater - set };
  });
}
