// Ends requests whose time is over: windows that closed, claims that never came. The job that may still wait in the queue is taken back
// when it can be; if it stays, the claim refuses it.
import { sweepExpiredRequests, sweepUnclaimedRequests, type Ledger, type SweptRequest } from '@adyton/ledger';
import { type QueueInspector } from '@adyton/queue';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

export interface SweepParts {
  readonly ledger: Ledger;
  readonly inspector: QueueInspector;
  readonly log: Logger;
}

export function sweepRequests(parts: SweepParts): Duty {
  return {
    name: 'sweep-requests',
    run: async () => {
      await report(parts, 'request.expired', await sweepExpiredRequests(parts.ledger.session));
      await report(parts, 'request.unclaimed', await sweepUnclaimedRequests(parts.ledger.session));
    },
  };
}

async function report(
  { inspector, log }: SweepParts,
  event: string,
  swept: readonly SweptRequest[],
): Promise<void> {
  for (const { requestId, hostId, jobId } of swept) {
    log.info({ requestId, hostId }, event);
    if (jobId === null) continue;
    try {
      await inspector.removeJob('agent', hostId, jobId);
    } catch (error) {
      log.warn({ requestId, err: error }, 'request.job-left-behind'); // harmless: its claim will be refused
    }
  }
}
