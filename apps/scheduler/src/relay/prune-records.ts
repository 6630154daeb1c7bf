// Removes relay records and answered idempotency keys that nobody will ask for again.
import { pruneDiscoveries, pruneIdempotencyKeys, pruneOutbox, type Ledger } from '@adyton/ledger';
import { type Duty } from '../tick';

const DAY_SECONDS = 24 * 60 * 60;
/** Sent outbox entries are kept a week for support, seconds. */
const OUTBOX_KEPT_SECONDS = 7 * DAY_SECONDS;
/** What hosts looked like, for who asks since when a database is gone, seconds. */
const DISCOVERIES_KEPT_SECONDS = 30 * DAY_SECONDS;

export function pruneRecords(ledger: Ledger): Duty {
  return {
    name: 'prune-records',
    run: async () => {
      await pruneOutbox(ledger.session, OUTBOX_KEPT_SECONDS);
      await pruneDiscoveries(ledger.session, DISCOVERIES_KEPT_SECONDS);
      await pruneIdempotencyKeys(ledger.session, DAY_SECONDS);
    },
  };
}
