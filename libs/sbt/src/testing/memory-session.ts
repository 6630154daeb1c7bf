// For specs only: pieces in memory behind the session interface, with a diary of what the server called.
import { SBT_CODES, SbtFailure } from '../sbt-failure';
import {
  type PieceInfo,
  type PieceReader,
  type PieceToOpen,
  type PieceWriter,
  type SbtSession,
} from '../sbt-session';

export class MemoryPieces {
  readonly pieces = new Map<string, Uint8Array[]>();
  readonly opened: PieceToOpen[] = [];
  readonly diary: string[] = [];
  /** Replaced by specs that want another behaviour. */
  onWrite: (handle: string, block: Uint8Array, number: number) => Promise<void> | void = () => undefined;
  onOpen: (handle: string) => Promise<void> = () => Promise.resolve();
  onClose: (handle: string) => Promise<void> = () => Promise.resolve();
  onRead: (handle: string, run: number) => Promise<void> = () => Promise.resolve();
  failed: AbortSignal | undefined;
  stopped: AbortSignal | undefined;
  private readonly watchers = new Set<() => void>();

  session(): SbtSession {
    return {
      ...(this.stopped === undefined ? {} : { stopped: this.stopped }),
      openPiece: (piece) => this.openPiece(piece),
      readPiece: ({ handle }) => this.readPiece(handle),
      pieceInfo: (handles) => Promise.resolve(handles.map((handle) => this.info(handle))),
      removePieces: (handles) => this.remove(handles),
      command: (text) => {
        this.note(`command ${text}`);
        return Promise.resolve();
      },
      end: (how) => {
        this.note(how);
        return Promise.resolve();
      },
    };
  }

  /** Resolves when the diary holds the entry. */
  async noted(entry: string): Promise<void> {
    while (!this.diary.includes(entry)) {
      await new Promise<void>((resolve) => {
        this.watchers.add(resolve);
      });
    }
  }

  private note(entry: string): void {
    this.diary.push(entry);
    for (const watcher of this.watchers) watcher();
    this.watchers.clear();
  }

  private async openPiece(piece: PieceToOpen): Promise<PieceWriter> {
    const { handle } = piece;
    if (this.pieces.has(handle))
      throw new SbtFailure(SBT_CODES.exists, `ADY_PIECE_EXISTS: ${handle} exists already`);
    await this.onOpen(handle);
    this.opened.push(piece);
    const blocks: Uint8Array[] = [];
    return {
      ...(this.failed === undefined ? {} : { failed: this.failed }),
      write: (block) => {
        const written = this.onWrite(handle, block, blocks.length);
        blocks.push(Uint8Array.from(block));
        return written;
      },
      close: async () => {
        await this.onClose(handle);
        this.pieces.set(handle, blocks);
        this.note(`closed ${handle}`);
        return { label: 'memory', comment: `${blocks.length} blocks` };
      },
      abort: (reason) => {
        this.note(`aborted ${handle}: ${reason}`);
        return Promise.resolve();
      },
    };
  }

  private async readPiece(handle: string): Promise<PieceReader> {
    const blocks = this.pieces.get(handle);
    if (blocks === undefined)
      throw new SbtFailure(SBT_CODES.notFound, `ADY_PIECE_NOT_FOUND: ${handle} is unknown`);
    let next = 0;
    return {
      read: async () => {
        const run = next++;
        await this.onRead(handle, run);
        return blocks[run] ?? null;
      },
      close: () => {
        this.note(`read ${handle}`);
        return Promise.resolve();
      },
    };
  }

  private info(handle: string): PieceInfo {
    const blocks = this.pieces.get(handle);
    if (blocks === undefined) return { handle, found: false };
    const bytes = blocks.reduce((sum, block) => sum + block.length, 0);
    return {
      handle,
      found: true,
      createdAtSeconds: 1_700_000_000,
      label: 'memory',
      comment: `${bytes} bytes`,
      bytes,
    };
  }

  private async remove(handles: readonly string[]): Promise<void> {
    for (const handle of handles) {
      if (!this.pieces.delete(handle)) {
        throw new SbtFailure(SBT_CODES.notFound, `ADY_PIECE_NOT_FOUND: ${handle} is unknown`);
      }
    }
  }
}
