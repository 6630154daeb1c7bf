// The commit point: the dedup-worker checks every piece of the closure and creates the manifest; only then does the ledger record the
// recovery point. Rung again after any crash, it finds what was done and does the rest.
import { reasonOf, type ByteTotals, type ManifestContents } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { type Logger } from '@adyton/runtime';
import { type ControlPlane } from '../control-plane';
import { type RunSessions } from './run-sessions';

export interface CommitParts {
  readonly sessions: RunSessions;
  readonly controlPlane: ControlPlane;
  readonly log: Logger;
}

/** Handles named in a refusal; the rest is counted. */
const HANDLES_NAMED_MAX = 5;

export async function commitRecoveryPoint(
  { sessions, controlPlane, log }: CommitParts,
  runId: RunId,
): Promise<void> {
  const order = await controlPlane.commitOrder(runId);
  if (order.state !== 'committing') return; // committed or refused by an earlier ring
  const session = await sessions.ensure(runId);
  const { contents, registration, fence, totalsOfOthers } = order;
  const totals = sumOf(session.totals, totalsOfOthers);
  const inManifest: ManifestContents = { ...contents, registration, totals };
  const outcome = await session.writer().commit({ contents: inManifest, closure: contents.closure });
  switch (outcome.kind) {
    case 'committed': {
      await controlPlane.reportCommitted(runId, {
        fence,
        manifestKey: outcome.manifestKey,
        manifestSha256: outcome.sha256,
        totals: { ...totals, bytesStored: totals.bytesStored + outcome.bytesStored },
      });
      log.info({ runId, manifestKey: outcome.manifestKey }, 'recovery-point.committed');
      return;
    }
    case 'missing': {
      const named = outcome.handles.slice(0, HANDLES_NAMED_MAX).join(', ');
      const detail = `${outcome.handles.length} piece(s) of the recovery point are not whole in the vault: ${named}`;
      await controlPlane.refuseCommit(runId, {
        fence,
        reason: reasonOf('ADY_PIECE_MISSING', detail, { phase: 'commit' }),
      });
      log.error({ runId, handles: outcome.handles.length }, 'recovery-point.refused');
      return;
    }
    case 'fenced':
      await controlPlane.refuseCommit(runId, {
        fence,
        reason: reasonOf('ADY_FENCED', `a tombstone lies at ${outcome.manifestKey}`, { phase: 'commit' }),
      });
      log.error({ runId }, 'recovery-point.fenced');
  }
}

function sumOf(a: ByteTotals, b: ByteTotals): ByteTotals {
  return {
    bytesRead: a.bytesRead + b.bytesRead,
    bytesNew: a.bytesNew + b.bytesNew,
    bytesStored: a.bytesStored + b.bytesStored,
  };
}
