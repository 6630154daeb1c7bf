// What the dedup-worker implements: one session per channel, one open piece per session. Calls of one session never overlap, with
// the exceptions named here; a promise that does not settle holds up that one channel and no other.

/** What the library says about itself and the run it belongs to. Nothing of it is believed before `authorise` has checked the token. */
export interface SbtHello {
  readonly runId: string;
  /** Secret: never to be logged. */
  readonly token: string;
  readonly channel: string;
  /** Process id of the Oracle server process. */
  readonly pid: number;
  readonly libraryVersion: string;
}

export interface PieceToOpen {
  /** 1 to 511 bytes, may contain '/'; exactly as RMAN will ask for it again. */
  readonly handle: string;
  /** Every block of the piece has this size. */
  readonly blockBytes: number;
  readonly databaseName: string;
  /** Decimal; '0' when Oracle did not tell. */
  readonly dbid: string;
  /** 1 to 4 with duplexing. */
  readonly copyNumber: number;
}

export interface PieceReceipt {
  /** 1 to 63 bytes; RMAN stores it as MEDIA. */
  readonly label: string;
  /** Up to 79 bytes; RMAN stores it as COMMENT. */
  readonly comment: string;
}

export interface PieceWriter {
  /**
   * The next bytes of the piece, cut anywhere. They are valid until the call returns, or until its promise settles. A pending promise is
   * back-pressure: RMAN waits in sbtwrite2.
   */
  write(bytes: Uint8Array): Promise<void> | void;
  /** Resolves when the piece is durable and can be found: RMAN then records it. After a rejection `abort` is called. */
  close(): Promise<PieceReceipt>;
  /** Discards the piece. Called at most once, never while `write` or `close` is pending, never after `close` resolved. */
  abort(reason: string): Promise<void>;
  /**
   * Optional: aborted (reason: an SbtFailure or another Error) when the piece fails between two blocks, for example in an upload or
   * because its run was cancelled. RMAN then learns it at its next sbtwrite2 instead of one block later.
   */
  readonly failed?: AbortSignal;
}

export interface PieceReader {
  /** The next run of bytes, of any size; null at the end. They are valid until the reader is asked again: by then they have left the process. */
  read(): Promise<Uint8Array | null>;
  /** Called exactly once, never while `read` is pending; also when the piece was not read to its end. */
  close(): Promise<void>;
}

export type PieceInfo =
  | { readonly handle: string; readonly found: false }
  | {
      readonly handle: string;
      readonly found: true;
      readonly createdAtSeconds: number;
      readonly label: string;
      readonly comment: string;
      readonly bytes: number;
    };

/** What one channel may do. A thrown SbtFailure reaches RMAN with its code and text, anything else as 7501 ADY_INTERNAL. */
export interface SbtSession {
  /**
   * Optional: aborted (reason: an SbtFailure or another Error) when the run may do nothing more. From that moment every call is answered
   * with the reason, those under way included: none of them ends well, whatever it still comes to behind the answer.
   */
  readonly stopped?: AbortSignal;
  openPiece(piece: PieceToOpen): Promise<PieceWriter>;
  readPiece(piece: { readonly handle: string; readonly blockBytes: number }): Promise<PieceReader>;
  /** One entry per handle, in the same order. `found: false` is a promise that the piece does not exist; doubt must be thrown. */
  pieceInfo(handles: readonly string[]): Promise<PieceInfo[]>;
  removePieces(handles: readonly string[]): Promise<void>;
  /** The text of RMAN's SEND. Unknown text is to be ignored. */
  command(text: string): Promise<void>;
  /** Called exactly once, last. `lost`: the connection ended without a good-bye. */
  end(how: 'ended' | 'lost'): Promise<void>;
}
