// What one RMAN channel may do: the calls of the SBT interface in terms of the run's session. Every failure leaves in SBT's words.
import { AdytonError, type SessionGrant } from '@adyton/contracts';
import {
  type PieceInfo,
  type PieceReader,
  type PieceReceipt,
  type PieceToOpen,
  type PieceWriter,
  type SbtSession,
} from '@adyton/sbt';
import { type ClosedPiece, type PieceIngest } from '@adyton/vault';
import { answerInTime, type AnswerLimit } from './answer-in-time';
import { type RunSession } from './run-session';
import { inSbtTerms, sbtFailureOf } from './sbt-failure-of';

/** What RMAN shows as MEDIA and COMMENT; at most 63 and 79 bytes. */
const LABEL = 'adyton-vault';
const COMMENT = 'Adyton vault format 1';
const DBID_UNTOLD = '0';

export class PieceSession implements SbtSession {
  readonly stopped: AbortSignal;
  private piece: PieceIngest | null = null;

  constructor(
    private readonly run: RunSession,
    private readonly limit: AnswerLimit,
  ) {
    this.stopped = run.stopped;
    run.channelOpened();
  }

  async openPiece({ handle, dbid }: PieceToOpen): Promise<PieceWriter> {
    const ingest = await this.answer(
      () => {
        assertOwnDatabase(dbid, this.run.grant);
        return this.run.openPiece(handle);
      },
      (late) => late.abort(),
    );
    this.piece = ingest;
    return writerOf(this.run, ingest);
  }

  async readPiece({ handle }: { readonly handle: string }): Promise<PieceReader> {
    const reader = await this.answer(
      () => this.run.readPiece(handle),
      (late) => late.close(),
    );
    return {
      read: () =>
        this.answer(async () => {
          const bytes = await reader.read();
          this.run.bytesRestored(bytes?.length ?? 0);
          return bytes;
        }),
      close: () => reader.close(),
    };
  }

  async pieceInfo(handles: readonly string[]): Promise<PieceInfo[]> {
    return this.answer(async () => {
      const pieces = await this.run.findPieces(handles);
      return handles.map((handle, i) => infoOf(handle, pieces[i] ?? null));
    });
  }

  /** @throws SbtFailure for a grant that may only read (K6), and for what something needs (K5) */
  async removePieces(handles: readonly string[]): Promise<void> {
    await this.answer(() => this.run.removePieces(handles));
  }

  async command(): Promise<void> {
    return; // SEND carries nothing that this product uses
  }

  async end(): Promise<void> {
    await this.piece?.abort(); // does nothing to a piece that was closed
    this.run.channelClosed();
  }

  /** As answerInTime. */
  private answer<T>(work: () => Promise<T>, undo?: (late: T) => Promise<void>): Promise<T> {
    return inSbtTerms(() => answerInTime(this.limit, work, undo));
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
    abort: (reason) => {
      ingest.stop(new Error(reason)); // RMAN waits: a store that hangs must not hold up the uploads of what is thrown away
      return ingest.abort();
    },
  };
}

/** A token that went to another database than the one it is for. Oracle may not tell which it is: then its agent has looked. */
function assertOwnDatabase(dbid: string, grant: SessionGrant): void {
  if (dbid !== DBID_UNTOLD && dbid !== grant.dbid)
    throw new AdytonError(
      'ADY_SBT_REFUSED',
      `run ${grant.runId} is for database ${grant.dbid}, not for ${dbid}`,
    );
}

function infoOf(handle: string, piece: ClosedPiece | null): PieceInfo {
  if (piece === null) return { handle, found: false };
  return {
    handle,
    found: true,
    createdAtSeconds: Math.floor(Date.parse(piece.createdAt) / 1000),
    label: LABEL,
    comment: COMMENT,
    bytes: piece.bytes,
  };
}
