// Removes what nobody will ask for again. How long each kind stays says the ledger, but for the audit trail, which an operator may have to
// keep for longer.
import {
  DAY_SECONDS,
  keptSeconds,
  pruneAlerts,
  pruneAuditEvents,
  pruneDiscoveries,
  pruneDiscoveryEvents,
  pruneIdempotencyKeys,
  pruneOutbox,
  pruneReleased,
  pruneRequests,
  pruneRunLogs,
  pruneUnusedPlans,
  pruneVaultOperations,
  type Ledger,
  type LedgerSession,
} from '@adyton/ledger';
import { type Duty } from '../tick';

/** Of each kind in one look; the next one takes the rest. */
const BATCHES_MAX = 20;

/** @returns how many rows went in one batch, which is bounded; 0 when nothing is left */
type Prune = (session: LedgerSession, olderThanSeconds: number) => Promise<number>;

export interface RecordsToPrune {
  readonly ledger: Ledger;
  readonly auditKeptDays: number;
}

export function pruneRecords({ ledger, auditKeptDays }: RecordsToPrune): Duty {
  const { session } = ledger;
  return {
    name: 'prune-records',
    run: async () => {
      await pruneOutbox(session, keptSeconds('outbox'));
      await pruneDiscoveries(session, keptSeconds('discoveries'));
      await pruneIdempotencyKeys(session, keptSeconds('idempotency_keys'));
      await pruneAlerts(session, {
        alertSeconds: keptSeconds('alerts'),
        deliverySeconds: keptSeconds('deliveries'),
      });
      const inBatches: [Prune, number][] = [
        [pruneReleased, keptSeconds('recovery_points')],
        [pruneRunLogs, keptSeconds('run_logs')],
        [pruneRequests, keptSeconds('requests')],
        [pruneUnusedPlans, keptSeconds('restore_plans')],
        [pruneVaultOperations, keptSeconds('vault_operations')],
        [pruneDiscoveryEvents, keptSeconds('discovery_events')],
        [pruneAuditEvents, auditKeptDays * DAY_SECONDS],
      ];
      for (const [prune, olderThanSeconds] of inBatches)
        for (let batch = 0; batch < BATCHES_MAX; batch += 1)
          if ((await prune(session, olderThanSeconds)) === 0) break;
    },
  };
}
