// Requests that end without a run, and agents that requests wait for, as alerts. What a person asked for is answered to the person.
import { type Reason } from '@adyton/contracts';
import { type DatabaseId, type HostId, type Lane, type RequestId, type RequestState } from '@adyton/domain';
import { raiseAlert } from './alerts';
import { type LedgerSession } from './ledger';
import { laneSubject } from './run-alerts';

export interface EndedRequest {
  readonly id: RequestId;
  readonly databaseId: DatabaseId;
  readonly lane: Lane;
  readonly to: Extract<RequestState, 'failed' | 'expired' | 'superseded' | 'missed' | 'cancelled'>;
  readonly reason: Reason;
  readonly principal: string;
}

export async function noteRequestEnd(tx: LedgerSession, request: EndedRequest): Promise<void> {
  const kind = kindOf(request);
  if (kind === null) return;
  const { id, databaseId, lane, reason, principal } = request;
  await raiseAlert(tx, {
    kind,
    subject: laneSubject(databaseId, lane),
    databaseId,
    detail: `request ${id}: ${reason.detail}`,
    reason,
    principal,
    repeat: 'counts',
  });
}

function kindOf({ to, principal }: EndedRequest): 'request_expired' | 'request_missed' | null {
  if (to === 'expired') return 'request_expired';
  if (to === 'missed') return 'request_missed';
  // superseded by its own next slot, not by a person who backs up now
  return to === 'superseded' && principal === 'system' ? 'request_missed' : null;
}

/** A request waits for this host's agent. */
export async function noteWaiting(
  tx: LedgerSession,
  waiting: { readonly hostId: HostId; readonly reason: Reason },
): Promise<void> {
  const { hostId, reason } = waiting;
  await raiseAlert(tx, {
    kind: 'agent_not_running',
    subject: hostId,
    hostId,
    detail: reason.detail,
    reason,
    principal: 'system',
    repeat: 'is-the-same',
  });
}
