// Ends runs whose agent stopped reporting. A committing run is not touched: only its manifest ends it.
import { sweepLostRuns, type Ledger } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

export function sweepLeases(parts: { readonly ledger: Ledger; readonly log: Logger }): Duty {
  return {
    name: 'sweep-leases',
    run: async () => {
      for (const runId of await sweepLostRuns(parts.ledger.session))
        parts.log.warn({ runId }, 'run.agent-lost');
    },
  };
}
