// Finds data-file blocks in the bytes of a piece and checks them. A block is known by its format byte and its tail; behind such a block,
// one of the same size and file whose address goes on is taken for a block too, so that a torn one is seen.
import { bufferOver } from '../compute/buffer-over';
import {
  announcedBlockBytes,
  blockAddress,
  DATA_BLOCK_BYTES_MAX,
  hasTailCheck,
} from '../chunking/oracle-block';
import { addressOf, type BlockAddress, type BlockFault, checkBlock } from './block-check';

export interface CorruptBlock extends BlockAddress {
  readonly fault: BlockFault;
}

/** Every block size is a multiple of it. */
const STEP_BYTES = 512;
/** Blocks a piece may leave out between two neighbours: never-used ones, or for an incremental the unchanged ones. */
const GAP_BLOCKS_MAX = 65_536;
const FILE_OF_ADDRESS = 0xffc00000;

export class BlockScanner {
  blocksChecked = 0;
  private rest = Buffer.alloc(0);
  /** The block that ends where the next one would begin. */
  private previous: { readonly blockBytes: number; readonly address: number } | null = null;

  constructor(private readonly onCorrupt: (block: CorruptBlock) => void) {}

  /** @param bytes the next bytes of the piece */
  push(bytes: Uint8Array): void {
    const view = bufferOver(bytes);
    const joined = this.rest.length === 0 ? view : Buffer.concat([this.rest, view]);
    this.rest = Buffer.from(joined.subarray(this.scan(joined, joined.length - DATA_BLOCK_BYTES_MAX)));
  }

  end(): void {
    this.scan(this.rest, this.rest.length);
    this.rest = Buffer.alloc(0);
  }

  /** Looks at what begins before `end`. @returns where it stopped */
  private scan(bytes: Buffer, end: number): number {
    let at = 0;
    while (at < end) {
      const blockBytes = announcedBlockBytes(bytes, at);
      const isInside = blockBytes > 0 && at + blockBytes <= bytes.length;
      if (isInside && (hasTailCheck(bytes, at, blockBytes) || this.goesOn(bytes, at, blockBytes))) {
        this.check(bytes, at, blockBytes);
        at += blockBytes;
      } else {
        this.previous = null;
        at += STEP_BYTES;
      }
    }
    return Math.min(at, bytes.length);
  }

  private goesOn(bytes: Buffer, at: number, blockBytes: number): boolean {
    if (this.previous?.blockBytes !== blockBytes) return false;
    const address = blockAddress(bytes, at);
    const isSameFile = ((address ^ this.previous.address) & FILE_OF_ADDRESS) === 0;
    return isSameFile && address > this.previous.address && address - this.previous.address <= GAP_BLOCKS_MAX;
  }

  private check(bytes: Buffer, at: number, blockBytes: number): void {
    this.blocksChecked += 1;
    this.previous = { blockBytes, address: blockAddress(bytes, at) };
    const fault = checkBlock(bytes, at, blockBytes);
    if (fault !== null) this.onCorrupt({ ...addressOf(bytes, at), fault });
  }
}
