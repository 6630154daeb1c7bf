// Ends runs whose agent stopped reporting, and moves on those that no agent took over. A committing run is not touched: only its manifest ends it.
import { sweepLostRuns, sweepUntakenMoves, type Ledger, type MoveLimits } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

export function sweepLeases(parts: {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly moves: MoveLimits;
}): Duty {
  return {
    name: 'sweep-leases',
    run: async () => {
      for (const runId of await sweepLostRuns(parts.ledger.session))
        parts.log.warn({ runId }, 'run.agent-lost');
      for (const runId of await sweepUntakenMoves(parts.ledger.session, parts.moves))
        parts.log.warn({ runId }, 'run.not-taken-over');
    },
  };
}
