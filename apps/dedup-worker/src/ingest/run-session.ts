// One run as this host serves it: its grant, its keys, and for a backup its writer session. It keeps the run's figures and tells them to
// the control-plane; the data path never waits for that.
import { AdytonError, type ByteTotals, type IngestReport, type SessionGrant } from '@adyton/contracts';
import { isTerminal, runTransitions } from '@adyton/domain';
import {
  type Compute,
  type IndexTrouble,
  type IngestBuffers,
  endPin,
  openPieceReader,
  openWriterSession,
  PACK_BYTES_MAX,
  type ClosedPiece,
  type PieceIngest,
  type PieceLookup,
  type PieceReader,
  type PieceSummary,
  type RestoreBuffers,
  type WriterSession,
} from '@adyton/vault';
import { type ObjectStore } from '@adyton/object-store';
import { type Clock, type Logger } from '@adyton/runtime';
import { type ControlPlane } from '../control-plane';
import { closeInTime, type CloseLimits } from './close-in-time';
import { PieceAnswers } from './piece-answers';
import { pinRestore } from './pin-restore';
import { removePieces } from './remove-pieces';
import { sbtFailureOf } from './sbt-failure-of';
import { type DatabaseKeyEntry, type DatabaseKeyRing } from './database-key-ring';
import { type DatabaseLines } from './database-lines';

/** What every session of this worker shares. */
export interface RunSessionParts {
  readonly store: ObjectStore;
  readonly lines: DatabaseLines;
  readonly controlPlane: ControlPlane;
  readonly keyRing: DatabaseKeyRing;
  readonly compute: Compute;
  readonly buffers: IngestBuffers;
  readonly restoreBuffers: RestoreBuffers;
  readonly indexCacheDirectory: string;
  readonly closeLimits: CloseLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Writers show a collector that they live; at least every ten minutes, so every nine. */
const VAULT_HEARTBEAT_MS = 9 * 60 * 1000;

type PieceToReport = IngestReport['pieces'][number];

/** It costs space only, so the run goes on. */
function logIndexTrouble(log: Logger, runId: string, trouble: IndexTrouble): void {
  const err = 'cause' in trouble ? trouble.cause : undefined;
  const objectKey = 'objectKey' in trouble ? trouble.objectKey : undefined;
  log.warn({ runId, objectKey, err }, `index.${trouble.kind}`);
}

export class RunSession {
  private closed: ByteTotals = { bytesRead: 0, bytesNew: 0, bytesStored: 0 };
  private bytesDelivered = 0;
  private unreported: PieceToReport[] = [];
  private removed: string[] = [];
  private channels = 0;
  private opening = 0;
  /** A run by hand that is being reconciled: new channels get no pieces any more. */
  private sealing = false;
  private lastHeartbeatMs = performance.now();
  private endedAs: string | null = null;
  private readonly stopping = new AbortController();
  private readonly answers: PieceAnswers;

  private constructor(
    private current: SessionGrant,
    private readonly parts: RunSessionParts,
    private readonly key: DatabaseKeyEntry,
    private readonly session: WriterSession | null,
    private readonly pinKey: string | null,
  ) {
    this.answers = new PieceAnswers({ ...this.lookup(), vaultId: key.vaultId }, session);
  }

  /** @throws AdytonError, VaultError, ObjectStoreError */
  static async open(grant: SessionGrant, parts: RunSessionParts): Promise<RunSession> {
    const key = await parts.keyRing.keysOf(grant.databaseId);
    const writer =
      grant.mode === 'restore'
        ? null
        : await openWriterSession({
            ...key,
            store: parts.lines.storeFor(grant),
            dbid: grant.dbid,
            runId: grant.runId,
            fence: grant.fence,
            ...(grant.parentSession === undefined ? {} : { parent: grant.parentSession }),
            compute: parts.compute,
            buffers: parts.buffers,
            now: () => parts.clock.now(),
            indexCacheDirectory: parts.indexCacheDirectory,
            reportIndexTrouble: (trouble) => logIndexTrouble(parts.log, grant.runId, trouble),
          });
    parts.log.info(
      { runId: grant.runId, fence: grant.fence, mode: grant.mode, sid: writer?.sid },
      'session.opened',
    );
    const lookup = { store: parts.store, keys: key.keys, dbid: grant.dbid };
    const pinKey = grant.mode === 'restore' ? await pinRestore(grant, lookup, parts.clock.now()) : null;
    const session = new RunSession(grant, parts, key, writer, pinKey);
    session.stopWhenOver(grant.stopping);
    return session;
  }

  get grant(): SessionGrant {
    return this.current;
  }

  /** Aborted when nothing may be done for this run any more; its reason is an SbtFailure. */
  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** Every call of its channels is refused from now on, those under way included, and what they have open fails. The first reason stays. */
  stop(reason: AdytonError): void {
    if (this.stopped.aborted) return;
    this.stopping.abort(sbtFailureOf(reason));
    this.session?.stop(reason);
  }

  get totals(): ByteTotals {
    const open = this.session?.openTotals() ?? {
      bytesRead: this.bytesDelivered,
      bytesNew: 0,
      bytesStored: 0,
    };
    return {
      bytesRead: this.closed.bytesRead + open.bytesRead,
      bytesNew: this.closed.bytesNew + open.bytesNew,
      bytesStored: this.closed.bytesStored + open.bytesStored,
    };
  }

  /** The writer session. @throws AdytonError for a grant that may only read, or a run that is over. */
  writer(): WriterSession {
    this.assertAlive();
    if (this.session === null)
      throw new AdytonError('ADY_SBT_REFUSED', `run ${this.current.runId} may only restore`);
    return this.session;
  }

  async openPiece(handle: string): Promise<PieceIngest> {
    if (this.sealing) throw new AdytonError('ADY_SBT_REFUSED', `run ${this.current.runId} is being closed`);
    this.opening += 1;
    try {
      return await this.writer().openPiece(handle);
    } finally {
      this.opening -= 1;
    }
  }

  /** @throws AdytonError ADY_CLOSE_TIMEOUT; what made the piece fail */
  close(ingest: PieceIngest): Promise<PieceSummary> {
    const { clock } = this.parts;
    const uploadedBytes = (): number => this.session?.uploadedBytes ?? 0;
    return closeInTime(ingest, { limits: this.closeLimits(), clock, uploadedBytes });
  }

  pieceClosed(piece: PieceSummary): void {
    this.closed = {
      bytesRead: this.closed.bytesRead + piece.bytes,
      bytesNew: this.closed.bytesNew + piece.bytesNew,
      bytesStored: this.closed.bytesStored + piece.bytesStored,
    };
    this.unreported.push({
      handle: piece.handle,
      bytes: piece.bytes,
      bytesNew: piece.bytesNew,
      bytesStored: piece.bytesStored,
      closedAt: this.parts.clock.now().toISOString(),
    });
    this.parts.log.info(
      {
        runId: this.current.runId,
        handle: piece.handle,
        bytes: piece.bytes,
        bytesNew: piece.bytesNew,
        bytesStored: piece.bytesStored,
      },
      'piece.closed',
    );
  }

  /** @throws AdytonError for a grant that may only read; VaultError, ObjectStoreError */
  async removePieces(handles: readonly string[]): Promise<void> {
    const { log, clock } = this.parts;
    const removal = {
      lookup: this.lookup(),
      writer: this.writer(),
      runId: this.current.runId,
      now: clock.now(),
      log,
    };
    await removePieces(removal, handles);
    this.removed.push(...handles);
  }

  channelOpened(): void {
    this.channels += 1;
  }

  channelClosed(): void {
    this.channels -= 1;
  }

  bytesRestored(count: number): void {
    this.bytesDelivered += count;
  }

  readPiece(handle: string): Promise<PieceReader> {
    this.assertAlive();
    return openPieceReader(
      {
        ...this.key,
        store: this.parts.store,
        dbid: this.current.dbid,
        compute: this.parts.compute,
        restoreBuffers: this.parts.restoreBuffers,
      },
      handle,
    );
  }

  /** Where the pieces of this run's database are looked up. */
  private lookup(): PieceLookup {
    return { store: this.parts.store, keys: this.key.keys, dbid: this.current.dbid };
  }

  /** As PieceAnswers.find. */
  async findPieces(handles: readonly string[]): Promise<(ClosedPiece | null)[]> {
    this.assertAlive();
    return this.answers.find(handles);
  }

  /** Tells figures and closed pieces. @returns whether the run goes on. */
  async report(): Promise<boolean> {
    // in this order: what is taken for sealed must have told of every piece
    const sealed = this.sealing && this.opening === 0 && this.session?.hasOpenPieces() !== true;
    const pieces = this.unreported;
    const removed = this.removed;
    this.unreported = [];
    this.removed = [];
    try {
      const answer = await this.parts.controlPlane.reportIngest(this.current.runId, {
        fence: this.current.fence,
        totals: this.totals,
        pieces,
        removed,
        channels: this.channels,
        ...(this.session === null ? {} : { writerSession: this.session.sid }),
        sealed,
      });
      this.current = { ...this.current, state: answer.state };
      this.sealing = answer.sealing;
      this.stopWhenOver(answer.stopping);
    } catch (error) {
      this.unreported = [...pieces, ...this.unreported];
      this.removed = [...removed, ...this.removed];
      if (!(error instanceof AdytonError) || error.code !== 'ADY_FENCED') throw error;
      this.current = { ...this.current, state: 'failed' };
      this.stopWhenOver(false);
    }
    await this.showLife();
    return !isTerminal(runTransitions, this.current.state);
  }

  /** Ends the vault session; a run that failed leaves a partial manifest of what RMAN still lists. */
  async end(): Promise<void> {
    if (this.endedAs !== null) return;
    this.endedAs = this.current.state;
    if (this.pinKey !== null) await endPin(this.parts.store, this.pinKey, this.parts.clock.now());
    if (this.session === null) return;
    if (this.endedAs === 'failed' || this.endedAs === 'cancelled')
      await this.session.leavePartial(`the run ended ${this.endedAs}`);
    await this.session.end();
    this.parts.log.info(
      { runId: this.current.runId, sid: this.session.sid, state: this.endedAs },
      'session.ended',
    );
  }

  private async showLife(): Promise<void> {
    if (this.session === null || performance.now() - this.lastHeartbeatMs < VAULT_HEARTBEAT_MS) return;
    this.lastHeartbeatMs = performance.now();
    await this.session.heartbeat();
  }

  /** @throws SbtFailure of the reason it was stopped for */
  assertAlive(): void {
    this.stopped.throwIfAborted();
  }

  /** A pack that waits for its share of the line is not stalled: it gets the time that it takes at that rate. */
  private closeLimits(): CloseLimits {
    const { deadlineSeconds, stallSeconds } = this.parts.closeLimits;
    const { bandwidthBytesPerSecond: rate = Infinity } = this.current;
    return { deadlineSeconds, stallSeconds: stallSeconds + PACK_BYTES_MAX / rate };
  }

  private stopWhenOver(cancelAsked: boolean): void {
    const { runId, state } = this.current;
    if (isTerminal(runTransitions, state))
      this.stop(new AdytonError('ADY_SBT_REFUSED', `run ${runId} ended ${state}`));
    else if (cancelAsked) this.stop(new AdytonError('ADY_CANCELLED', `run ${runId} is being cancelled`));
  }
}
