// Raises and resolves the alerts about conditions that no event tells of.
import { sweepAlerts, type Ledger } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

export function watchConditions({ ledger, log }: { readonly ledger: Ledger; readonly log: Logger }): Duty {
  return {
    name: 'watch-conditions',
    run: async () => {
      const opened = await sweepAlerts(ledger.session);
      if (opened > 0) log.warn({ opened }, 'alerts.opened');
    },
  };
}
