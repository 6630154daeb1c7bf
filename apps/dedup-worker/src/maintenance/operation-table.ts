// What each kind of operation does; the names are those of the catalog.
import { collect } from './collect';
import { type MaintenanceParts } from './maintenance-parts';
import { type OperationTable } from './operations';
import { rebuildIndexes } from './rebuild-indexes';
import { rebuildLedger } from './rebuild-ledger';
import { release } from './release';
import { verify } from './verify';

export function operationTable(parts: MaintenanceParts): OperationTable {
  return {
    verify: (options, context) => verify(parts, options, context),
    collect: (options, context) => collect(parts, options, context),
    release: (_options, context) => release(parts, context),
    'rebuild-index': (options, context) => rebuildIndexes(parts, options, context),
    'rebuild-ledger': (_options, context) => rebuildLedger(parts, context),
  };
}
