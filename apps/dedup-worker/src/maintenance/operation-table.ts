// What each kind of operation does; the names are those of the catalog.
import { type Ledger } from '@adyton/ledger';
import { type ObjectStore } from '@adyton/object-store';
import { type Clock, type Logger } from '@adyton/runtime';
import { type Compute, type Vault } from '@adyton/vault';
import { collect } from './collect';
import { type OperationTable } from './operations';
import { rebuildIndexes } from './rebuild-indexes';
import { rebuildLedger } from './rebuild-ledger';
import { verify } from './verify';

export interface MaintenanceParts {
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly store: ObjectStore;
  readonly compute: Compute;
  readonly clock: Clock;
  readonly log: Logger;
}

export function operationTable(parts: MaintenanceParts): OperationTable {
  return {
    verify: (options, context) => verify(parts, options, context),
    collect: (options, context) => collect(parts, options, context),
    'rebuild-index': (options, context) => rebuildIndexes(parts, options, context),
    'rebuild-ledger': (_options, context) => rebuildLedger(parts, context),
  };
}
