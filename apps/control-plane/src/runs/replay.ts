// What a replay asks for: the same as the run that did not end well, as a new request with its own fence.
import { type BackupRequest, type Run } from '@adyton/contracts';
import { type WantedWork } from '../backup-requests/request-work';
import { RefusedRequest, runUrl } from '../http/refused-request';

const REPLAYABLE: readonly Run['state'][] = ['failed', 'cancelled'];

/** @throws RefusedRequest ADY_NOT_REPLAYABLE */
export function replayOf(run: Run, asked: BackupRequest, reason: string): WantedWork {
  if (!REPLAYABLE.includes(run.state)) {
    throw new RefusedRequest('ADY_NOT_REPLAYABLE', `run ${run.id} is ${run.state}`, {
      links: { run: runUrl(run.id) },
    });
  }
  if (run.origin === 'external')
    throw new RefusedRequest('ADY_NOT_REPLAYABLE', `run ${run.id} was one by hand: open another one`, {
      links: { run: runUrl(run.id) },
    });
  return {
    operation: run.operation,
    trigger: 'replay',
    kind: asked.kind,
    lane: run.lane,
    replayOf: run.id,
    ...(run.restorePlanId === null ? {} : { restorePlanId: run.restorePlanId }),
    note: reason,
  };
}
