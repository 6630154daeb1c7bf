// What one RMAN channel may do: the calls of the SBT interface in terms of the run's session. Every failure leaves in SBT's words.
import { AdytonError } from '@adyton/contracts';
import {
  type PieceInfo,
  type PieceReader,
  type PieceReceipt,
  type PieceToOpen,
  type PieceWriter,
  type SbtSession,
} from '@adyton/sbt';
import { removePiece, type FoundPiece, type PieceIngest } from '@adyton/vault';
import { type RunSession } from './run-session';
import { inSbtTerms, sbtFailureOf } from './sbt-failure-of';

/** What RMAN shows as MEDIA and COMMENT; at most 63 and 79 bytes. */
const LABEL = 'adyton-vault';
const COMMENT = 'Adyton vault format 1';

export class PieceSession implements SbtSession {
  readonly stopped: AbortSignal;
  private piece: PieceIngest | null = null;

  constructor(private readonly run: RunSession) {
    this.stopped = run.stopped;
    run.channelOpened();
  }

  async openPiece({ handle }: PieceToOpen): Promise<PieceWriter> {
    const ingest = await inSbtTerms(() => this.run.openPiece(handle));
    this.piece = ingest;
    return writerOf(this.run, ingest);
  }

  async readPiece({ handle }: { readonly handle: string }): Promise<PieceReader> {
    const reader = await inSbtTerms(() => this.run.readPiece(handle));
    return {
      read: () =>
        inSbtTerms(async () => {
          const bytes = await reader.read();
          this.run.bytesRestored(bytes?.length ?? 0);
          return bytes;
        }),
      close: () => reader.close(),
    };
  }

  async pieceInfo(handles: readonly string[]): Promise<PieceInfo[]> {
    return inSbtTerms(() =>
      Promise.all(handles.map(async (handle) => infoOf(handle, await this.run.findPiece(handle)))),
    );
  }

  /** Only the run's own unfinished set may go: everything else belongs to retention, not to RMAN's DELETE. */
  async removePieces(handles: readonly string[]): Promise<void> {
    await inSbtTerms(async () => {
      const writer = this.run.writer();
      for (const handle of handles) {
        if (!writer.wrote(handle))
          throw new AdytonError(
            'ADY_SBT_REFUSED',
            `piece ${handle} belongs to an earlier run; pieces end by retention in Adyton, not by DELETE in RMAN`,
          );
        await removePiece(this.run.lookup(), handle);
        this.run.pieceRemoved(handle);
      }
    });
  }

  async command(): Promise<void> {
    return; // SEND carries nothing that this product uses
  }

  async end(): Promise<void> {
    await this.piece?.abort(); // does nothing to a piece that was closed
    this.run.channelClosed();
  }
}

function writerOf(run: RunSession, ingest: PieceIngest): PieceWriter {
  return {
    write: (bytes) => {
      try {
        run.writer(); // a run that ended meanwhile takes no more bytes
        const written = ingest.write(bytes);
        return written === undefined ? undefined : inSbtTerms(() => written);
      } catch (error) {
        throw sbtFailureOf(error);
      }
    },
    close: () =>
      inSbtTerms(async (): Promise<PieceReceipt> => {
        run.writer();
        run.pieceClosed(await run.close(ingest));
        return { label: LABEL, comment: COMMENT };
      }),
    abort: () => ingest.abort(),
  };
}

function infoOf(handle: string, found: FoundPiece | null): PieceInfo {
  if (found === null) return { handle, found: false };
  const { recipe } = found;
  return {
    handle,
    found: true,
    createdAtSeconds: Math.floor(Date.parse(recipe.createdAt) / 1000),
    label: LABEL,
    comment: COMMENT,
    bytes: recipe.bytes,
  };
}
