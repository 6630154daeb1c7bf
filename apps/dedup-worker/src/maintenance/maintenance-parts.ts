// What every operation works with.
import { type Ledger } from '@adyton/ledger';
import { type ObjectStore } from '@adyton/object-store';
import { type Clock, type Logger } from '@adyton/runtime';
import { type Compute, type Vault } from '@adyton/vault';

export interface MaintenanceParts {
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly store: ObjectStore;
  readonly compute: Compute;
  readonly clock: Clock;
  readonly log: Logger;
}
