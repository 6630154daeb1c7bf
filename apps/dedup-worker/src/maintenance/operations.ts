// The operations this worker has in hand. A ring on the queue hands one over and returns; its life hangs on its lease in Postgres. An
// operation that lost its lease, or whose worker is asked to end, is told to stop and leaves nothing half done: each goes on from the bucket.
import {
  errorCatalog,
  reasonOf,
  type Reason,
  type VaultOperation,
  type VaultOperationKind,
  type VaultOperationOptions,
  type VaultOperationProgress,
  type VaultOperationReport,
} from '@adyton/contracts';
import { type VaultOperationId } from '@adyton/domain';
import {
  claimVaultOperation,
  endVaultOperation,
  isRefusal,
  recordVaultProgress,
  type Ledger,
} from '@adyton/ledger';
import { pause, type Logger } from '@adyton/runtime';
import { errorCodeOf } from '@adyton/vault-access';

export type OptionsOf<K extends VaultOperationKind> = Extract<VaultOperationOptions, { kind: K }>;
export type ReportOf<K extends VaultOperationKind> = Extract<VaultOperationReport, { kind: K }>;

export interface OperationEnd<K extends VaultOperationKind> {
  readonly report: ReportOf<K>;
  /** Why what was found is not good; null when it is. */
  readonly reason: Reason | null;
}

export interface OperationContext {
  /** Fires when the operation is no longer this worker's. */
  readonly signal: AbortSignal;
  /** Shown to whoever waits; cheap enough for every object. */
  show(progress: VaultOperationProgress): void;
}

/** One function per kind: a missing one does not compile. */
export type OperationTable = {
  readonly [K in VaultOperationKind]: (
    options: OptionsOf<K>,
    context: OperationContext,
  ) => Promise<OperationEnd<K>>;
};

export interface OperationsParts {
  readonly ledger: Ledger;
  readonly table: OperationTable;
  readonly log: Logger;
}

/** An operation whose worker is silent this long has lost it, seconds. */
const LEASE_SECONDS = 60;
/** Between two signs of life, ms: a few may be lost. */
const HEARTBEAT_MS = 2_000;
/** In audit rows. */
export const PRINCIPAL = 'maintenance';

export class Operations {
  private readonly inHand = new Map<VaultOperationId, { stop: AbortController; ended: Promise<void> }>();

  constructor(private readonly parts: OperationsParts) {}

  /** Claims the operation and works on it from then on. Rung a second time it does nothing. */
  async accept(id: VaultOperationId): Promise<void> {
    const claim = await claimVaultOperation(this.parts.ledger.session, { id, leaseSeconds: LEASE_SECONDS });
    if (isRefusal(claim)) {
      this.parts.log.info(
        { operationId: id, code: claim.code, detail: claim.detail },
        'vault-operation.not-taken',
      );
      return;
    }
    const stop = new AbortController();
    const ended = this.workOn(claim, stop).finally(() => this.inHand.delete(id));
    this.inHand.set(id, { stop, ended });
  }

  /** Tells what is in hand to stop, and waits for it. */
  async close(): Promise<void> {
    const all = [...this.inHand.values()];
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ ended }) => ended));
  }

  private async workOn(operation: VaultOperation, stop: AbortController): Promise<void> {
    const { log } = this.parts;
    const { id, options } = operation;
    log.info({ operationId: id, kind: options.kind }, 'vault-operation.started');
    const life = new OperationLife(this.parts, operation, stop);
    const end = await perform(this.parts.table, options, {
      signal: stop.signal,
      show: (progress) => life.show(progress),
    }).catch((error: unknown) => {
      log.error({ operationId: id, err: error }, 'vault-operation.failed');
      return { report: null, reason: reasonOfError(error) };
    });
    await life.end();
    await this.record(id, end);
  }

  /** Where the ledger is away now, the operation ends when its lease does. */
  private async record(
    id: VaultOperationId,
    end: { readonly report: VaultOperationReport | null; readonly reason: Reason | null },
  ): Promise<void> {
    const { ledger, log } = this.parts;
    try {
      const recorded = await endVaultOperation(ledger.session, { id, ...end, principal: PRINCIPAL });
      log.info({ operationId: id, recorded, code: end.reason?.code ?? null }, 'vault-operation.ended');
    } catch (error) {
      log.error({ operationId: id, err: error }, 'vault-operation.end-not-recorded');
    }
  }
}

/** The type checker cannot see that option and function are of one kind; the table's own type says so. */
function perform<K extends VaultOperationKind>(
  table: OperationTable,
  options: OptionsOf<K>,
  context: OperationContext,
): Promise<OperationEnd<K>> {
  const operate = table[options.kind] as (
    options: OptionsOf<K>,
    context: OperationContext,
  ) => Promise<OperationEnd<K>>;
  return operate(options, context);
}

function reasonOfError(error: unknown): Reason {
  const code = errorCodeOf(error);
  // what nobody foresaw may hold anything: it is in the log, not in the answer
  const detail =
    code === 'ADY_INTERNAL' || !(error instanceof Error) ? errorCatalog[code].title : error.message;
  return reasonOf(code, detail);
}

/** Keeps the lease and carries the progress. */
class OperationLife {
  private readonly over = new AbortController();
  private readonly beating: Promise<void>;
  private progress: VaultOperationProgress;

  constructor(
    private readonly parts: OperationsParts,
    private readonly operation: VaultOperation,
    private readonly stop: AbortController,
  ) {
    this.progress = operation.progress;
    this.beating = this.beat();
  }

  show(progress: VaultOperationProgress): void {
    this.progress = progress;
  }

  async end(): Promise<void> {
    this.over.abort();
    await this.beating;
    await this.tell();
  }

  private async beat(): Promise<void> {
    while (!this.over.signal.aborted) {
      await this.tell();
      await pause(HEARTBEAT_MS, this.over.signal);
    }
  }

  /** A ledger that is away for a moment does not end the operation: its lease does. */
  private async tell(): Promise<void> {
    const { id } = this.operation;
    try {
      const mine = await recordVaultProgress(this.parts.ledger.session, {
        id,
        progress: this.progress,
        leaseSeconds: LEASE_SECONDS,
      });
      if (!mine) this.stop.abort();
    } catch (error) {
      this.parts.log.warn({ operationId: id, err: error }, 'vault-operation.progress-not-told');
    }
  }
}
