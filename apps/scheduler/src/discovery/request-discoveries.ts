// Asks every host whose agent runs to look for databases again and again, and gives up on those that do not answer. A host without its agent
// is asked as soon as the agent is back.
import { makeId, type AgentPresence, type HostId } from '@adyton/domain';
import { findHostsDueForDiscovery, requestDiscovery, sweepDiscoveries, type Ledger } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

export interface DiscoveryParts {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly presenceOf: (hostId: HostId) => Promise<AgentPresence>;
  readonly newUlid: () => string;
  /** 0 for never. */
  readonly everyHours: number;
}

const HOUR_SECONDS = 3_600;
/** An agent looks within a minute or two; one that says nothing for this long was stopped meanwhile, seconds. */
const ANSWER_SECONDS = 900;

export function requestDiscoveries(parts: DiscoveryParts): Duty {
  return {
    name: 'request-discoveries',
    run: async () => {
      const { ledger, log, everyHours } = parts;
      for (const discoveryId of await sweepDiscoveries(ledger.session, ANSWER_SECONDS))
        log.warn({ discoveryId }, 'discovery.lost');
      if (everyHours === 0) return;
      for (const hostId of await findHostsDueForDiscovery(ledger.session, everyHours * HOUR_SECONDS))
        await requestIfRunning(parts, hostId);
    },
  };
}

async function requestIfRunning(
  { ledger, log, presenceOf, newUlid }: DiscoveryParts,
  hostId: HostId,
): Promise<void> {
  if ((await presenceOf(hostId)) !== 'running') return;
  const id = makeId('DiscoveryId', newUlid());
  await requestDiscovery(ledger.session, { id, hostId, trigger: 'scheduled', principal: 'system' });
  log.info({ discoveryId: id, hostId }, 'discovery.due');
}
