// Asks for what the vault needs again and again without anybody thinking of it: verification, and collecting what no recovery point needs.
import { type VaultOperationOptions } from '@adyton/contracts';
import { makeId } from '@adyton/domain';
import { createDueVaultOperation, type Ledger } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

export interface MaintenanceParts {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly newUlid: () => string;
  /** Hours between two operations of a kind; 0 for never. */
  readonly everyHours: { readonly verify: number; readonly collect: number };
  readonly claimSeconds: number;
}

const HOUR_SECONDS = 3_600;
/** A daily verify reads packs for this long at most and goes on the next day with those checked longest ago, seconds. */
const VERIFY_BUDGET_SECONDS = 2 * HOUR_SECONDS;

export function requestMaintenance(parts: MaintenanceParts): Duty {
  const wanted: readonly [VaultOperationOptions, number][] = [
    [{ kind: 'verify', level: 1, budgetSeconds: VERIFY_BUDGET_SECONDS }, parts.everyHours.verify],
    [{ kind: 'collect', dryRun: false }, parts.everyHours.collect],
  ];
  return {
    name: 'request-maintenance',
    run: async () => {
      for (const [options, everyHours] of wanted)
        if (everyHours > 0) await requestWhenDue(parts, options, everyHours);
    },
  };
}

async function requestWhenDue(
  { ledger, log, newUlid, claimSeconds }: MaintenanceParts,
  options: VaultOperationOptions,
  everyHours: number,
): Promise<void> {
  const id = makeId('VaultOperationId', newUlid());
  const asked = await createDueVaultOperation(ledger.session, {
    id,
    options,
    principal: 'system',
    claimSeconds,
    everySeconds: everyHours * HOUR_SECONDS,
  });
  if (asked) log.info({ operationId: id, kind: options.kind }, 'vault-operation.due');
}
