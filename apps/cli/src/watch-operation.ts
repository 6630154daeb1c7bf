// Follows an operation on the vault to its end.
import { callRoute, restRoutes, type VaultOperation } from '@adyton/contracts';
import { askUntil } from './ask-until';
import { type CommandContext } from './context';
import { bytes } from './render/format';

const OPEN_STATES: readonly string[] = ['requested', 'running'];

/** Waits until the operation ended and returns it, whatever its end. */
export async function untilOperationEnded(context: CommandContext, id: string): Promise<VaultOperation> {
  const rewrites = context.format === 'table' && context.err.isTTY === true;
  const rewriteLine = (text: string): void => {
    if (rewrites) context.err.write(`\r\u001b[2K${text}`);
  };
  const operation = await askUntil(
    () => callRoute(context.api, restRoutes.getVaultOperation, { params: { id } }),
    ({ state }) => !OPEN_STATES.includes(state),
    (seen) => rewriteLine(progressOf(seen)),
  );
  rewriteLine('');
  return operation;
}

function progressOf({ options, state, progress }: VaultOperation): string {
  const of = progress.objectsExpected === null ? '' : ` of ${progress.objectsExpected}`;
  return `${options.kind} ${state}: ${progress.objectsDone}${of} objects, ${bytes(progress.bytesRead)} read`;
}
