// The ledger of the control-plane, apart from its other parts: the step that prepares it needs neither queues nor a server.
import { openLedger, type Ledger } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Config } from '../config';

export function openControlLedger(config: Config, log: Logger): Ledger {
  return openLedger({
    url: config.ADYTON_LEDGER_URL,
    applicationName: 'adyton-control-plane',
    onIdleError: (error) => log.warn({ err: error }, 'ledger.connection-lost'),
  });
}
