// Ends operations on the vault that nobody took, or whose worker stopped reporting.
import { sweepVaultOperations, type Ledger } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

export function sweepVault(parts: { readonly ledger: Ledger; readonly log: Logger }): Duty {
  return {
    name: 'sweep-vault-operations',
    run: async () => {
      for (const operationId of await sweepVaultOperations(parts.ledger.session))
        parts.log.warn({ operationId }, 'vault-operation.lost');
    },
  };
}
