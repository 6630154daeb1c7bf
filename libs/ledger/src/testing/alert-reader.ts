// How the specs of alerts look at them.
import { reasonOf, type Alert, type AlertKind } from '@adyton/contracts';
import { type DatabaseId } from '@adyton/domain';
import { listAlerts } from '../alerts';
import { type LedgerSession } from '../ledger';

export const failure = reasonOf('ADY_RMAN_FAILED', 'RMAN-03009: failure of backup command');

export function alertReader(session: () => LedgerSession) {
  const alertsOf = async (databaseId: DatabaseId, kind?: AlertKind): Promise<Alert[]> => {
    const { items } = await listAlerts(session(), { limit: 100, databaseId });
    return items.filter((a) => kind === undefined || a.kind === kind);
  };
  /** The one alert of that kind. @throws when there is none, or more */
  const only = async (databaseId: DatabaseId, kind: AlertKind): Promise<Alert> => {
    const [alert, ...others] = await alertsOf(databaseId, kind);
    if (alert === undefined || others.length > 0) throw new Error(`${others.length} other alerts ${kind}`);
    return alert;
  };
  return { alertsOf, only };
}
