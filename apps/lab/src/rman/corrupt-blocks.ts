/** Lists of corrupt blocks, as the control file keeps them: neighbours of the same kind together. */
import { type CorruptBlock } from '../control-file/control-file';
import { type BlockFault } from '../formats/block';

const TYPE_OF: Record<BlockFault, CorruptBlock['type']> = {
  format: 'CORRUPT',
  address: 'CORRUPT',
  torn: 'FRACTURED',
  checksum: 'CHECKSUM',
  marked: 'CORRUPT',
};

/** Adds one block to what was found, joined with its neighbour of the same kind. */
export function noteBlock(
  found: CorruptBlock[],
  { file, block, bytes, fault }: { file: number; block: number; bytes: Buffer; fault: BlockFault },
): void {
  const type = bytes.every((byte) => byte === 0) ? 'ALL ZERO' : TYPE_OF[fault];
  const marked = fault === 'marked';
  const last = found.at(-1);
  if (last?.type === type && last.marked === marked && last.block + last.blocks === block) last.blocks++;
  else found.push({ file, block, blocks: 1, scn: '0', type, marked });
}

export function blocksIn(found: readonly CorruptBlock[]): number {
  return found.reduce((sum, { blocks }) => sum + blocks, 0);
}
