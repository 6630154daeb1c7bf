// Deletes archived logs from disk that the vault holds. Never with FORCE: a log that a deletion policy or a standby still needs stays, and RMAN says so.
// A channel of its own for disk keeps RMAN from opening those of another vendor that are configured.
import { type LogRange, type RmanScript } from './script/nodes';
import { RmanScriptError } from './script/terminals';

/** @throws RmanScriptError */
export function composeDeleteLogsScript(ranges: readonly LogRange[]): RmanScript {
  if (ranges.length === 0) throw new RmanScriptError('log ranges', 'at least one');
  return [
    { kind: 'allocate-disk-maintenance-channel' },
    ...ranges.map((range) => ({ kind: 'delete-logs' as const, ...range })),
    { kind: 'release-channel' },
  ];
}
