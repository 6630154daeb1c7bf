// Step 1 of the workflow as a pure decision: forward the request to its agent, let it wait, or end it.
import { type RequestTrigger } from './request-states';

/** `unknown`: the presence store cannot be asked, so nobody may claim that the agent runs or does not run. */
export type AgentPresence = 'running' | 'not-running' | 'unknown';

export interface RequestToAdmit {
  readonly trigger: RequestTrigger;
  /** End of the expiry window, absolute; null for requests that never wait. */
  readonly expiresAt: Date | null;
}

export type Admission =
  | { readonly kind: 'forward' }
  | { readonly kind: 'wait'; readonly until: Date }
  | { readonly kind: 'fail'; readonly code: 'ADY_AGENT_NOT_RUNNING' | 'ADY_QUEUE_UNAVAILABLE' }
  | { readonly kind: 'expire' };

/** A person waits for the answer of a manual request or a replay, so these fail at once; a scheduled one has a window to wait in. */
export function admitBackupRequest(request: RequestToAdmit, agent: AgentPresence, now: Date): Admission {
  if (request.expiresAt !== null && now >= request.expiresAt) return { kind: 'expire' };
  switch (request.trigger) {
    case 'manual':
    case 'replay':
      if (agent === 'running') return { kind: 'forward' };
      return { kind: 'fail', code: agent === 'unknown' ? 'ADY_QUEUE_UNAVAILABLE' : 'ADY_AGENT_NOT_RUNNING' };
    case 'scheduled':
      if (agent === 'running' || request.expiresAt === null) return { kind: 'forward' };
      return { kind: 'wait', until: request.expiresAt };
  }
}
