// Corrupt blocks as the database lists them.
import { integer, type Row, text, textOrNull } from './rows';

/** Neighbouring blocks with the same damage. */
export interface CorruptBlocks {
  readonly file: number;
  /** Null for a file that was dropped since. */
  readonly name: string | null;
  readonly firstBlock: number;
  readonly blocks: number;
  /** `CHECKSUM`, `FRACTURED`, `ALL ZERO`, … */
  readonly type: string;
}

export function corruptBlocksOf(row: Row): CorruptBlocks {
  return {
    file: integer(row, 'FILE#'),
    name: textOrNull(row, 'NAME'),
    firstBlock: integer(row, 'BLOCK#'),
    blocks: integer(row, 'BLOCKS'),
    type: text(row, 'CORRUPTION_TYPE'),
  };
}
