// Removes what nobody will ask for again: relay records, answered idempotency keys, discoveries, deliveries, resolved alerts, and what the vault has
// not held for long.
import {
  pruneAlerts,
  pruneDiscoveries,
  pruneIdempotencyKeys,
  pruneOutbox,
  pruneReleased,
  type Ledger,
} from '@adyton/ledger';
import { type Duty } from '../tick';

const DAY_SECONDS = 24 * 60 * 60;
/** Sent outbox entries are kept a week for support, seconds. */
const OUTBOX_KEPT_SECONDS = 7 * DAY_SECONDS;
/** What hosts looked like, for who asks since when a database is gone, seconds. */
const DISCOVERIES_KEPT_SECONDS = 30 * DAY_SECONDS;
/** What was sent to whom is asked about for weeks, what went wrong for a year, seconds. */
const DELIVERIES_KEPT_SECONDS = 30 * DAY_SECONDS;
const ALERTS_KEPT_SECONDS = 365 * DAY_SECONDS;
/** Expired recovery points and released pieces: what became of a backup is asked about as long as what went wrong, seconds. */
const RELEASED_KEPT_SECONDS = 365 * DAY_SECONDS;

export function pruneRecords(ledger: Ledger): Duty {
  return {
    name: 'prune-records',
    run: async () => {
      await pruneOutbox(ledger.session, OUTBOX_KEPT_SECONDS);
      await pruneDiscoveries(ledger.session, DISCOVERIES_KEPT_SECONDS);
      await pruneIdempotencyKeys(ledger.session, DAY_SECONDS);
      await pruneAlerts(ledger.session, {
        alertSeconds: ALERTS_KEPT_SECONDS,
        deliverySeconds: DELIVERIES_KEPT_SECONDS,
      });
      await pruneReleased(ledger.session, RELEASED_KEPT_SECONDS);
    },
  };
}
