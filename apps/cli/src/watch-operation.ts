// Follows an operation on the vault to its end.
import { callRoute, restRoutes, type VaultOperation } from '@adyton/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandContext } from './context';
import { bytes } from './render/format';

/** How often the operation is asked for, ms: quick enough for a person, slow enough for the API. */
const POLL_MS = 500;
const OPEN_STATES: readonly string[] = ['requested', 'running'];

/** Waits until the operation ended and returns it, whatever its end. */
export async function untilOperationEnded(context: CommandContext, id: string): Promise<VaultOperation> {
  const rewrites = context.format === 'table' && context.err.isTTY === true;
  for (;;) {
    const operation = await callRoute(context.api, restRoutes.getVaultOperation, { params: { id } });
    if (rewrites) context.err.write(`\r\u001b[2K${progressOf(operation)}`);
    if (!OPEN_STATES.includes(operation.state)) {
      if (rewrites) context.err.write('\r\u001b[2K');
      return operation;
    }
    await sleep(POLL_MS);
  }
}

function progressOf({ options, state, progress }: VaultOperation): string {
  const of = progress.objectsExpected === null ? '' : ` of ${progress.objectsExpected}`;
  return `${options.kind} ${state}: ${progress.objectsDone}${of} objects, ${bytes(progress.bytesRead)} read`;
}
