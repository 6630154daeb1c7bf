// Why a request or run is as it is, in one sentence with the next step: a pure judgement over what ledger and presence say.
import { type BackupRequest, type Explanation, type Host, type Run, type RunDetail } from '@adyton/contracts';
import { type AgentPresence } from '@adyton/domain';

export interface SituationOfRequest {
  readonly request: BackupRequest;
  readonly host: Pick<Host, 'name' | 'lastSeenAt'>;
  readonly presence: AgentPresence;
  /** The run that holds the request's lane now, if any. */
  readonly active: Pick<Run, 'id'> | null;
}

export interface SituationOfRun {
  readonly run: RunDetail;
  readonly host: Pick<Host, 'name' | 'lastSeenAt'>;
  readonly presence: AgentPresence;
  /** RFC 3339. */
  readonly leaseUntil: string;
  readonly cancelRequested: boolean;
}

export type Judgement = Pick<Explanation, 'summary' | 'next'>;

export function explainRequest(situation: SituationOfRequest): Judgement {
  const { request } = situation;
  switch (request.state) {
    case 'requested':
    case 'dispatching':
    case 'waiting_for_agent':
      return explainWaiting(situation);
    case 'claimed':
      return { summary: `the agent claimed it: run ${request.runId ?? ''}`, next: '' };
    case 'failed':
    case 'expired':
    case 'superseded':
    case 'missed':
    case 'cancelled':
      return {
        summary: `it is ${request.state}: ${request.reason?.detail ?? 'no reason is on record'}`,
        next: request.reason?.hint ?? '',
      };
  }
}

function explainWaiting({ request, host, presence, active }: SituationOfRequest): Judgement {
  const until = request.expiresAt === null ? '' : `; it expires at ${request.expiresAt}`;
  if (presence === 'not-running') {
    return {
      summary: `it waits for the agent on ${host.name}, which is not running (last seen ${host.lastSeenAt ?? 'never'})${until}`,
      next: `start the agent on ${host.name}: systemctl start adyton-agent`,
    };
  }
  if (presence === 'unknown') {
    return {
      summary: `the job queue cannot be asked, so nobody knows whether the agent on ${host.name} runs${until}`,
      next: 'check Redis: adyton doctor',
    };
  }
  if (active !== null) {
    return {
      summary: `it waits for run ${active.id}, which holds the ${request.lane} lane of this database${until}`,
      next: `watch that run: adyton run watch ${active.id}`,
    };
  }
  return { summary: `it is on its way to the agent on ${host.name}, which is running${until}`, next: '' };
}

export function explainRun(situation: SituationOfRun): Judgement {
  const { run } = situation;
  switch (run.state) {
    case 'planning':
    case 'running':
    case 'committing':
      return explainActive(situation);
    case 'succeeded':
      return { summary: 'it succeeded', next: '' };
    case 'degraded':
    case 'failed':
    case 'cancelled':
      return {
        summary: `it is ${run.state}: ${run.reason?.detail ?? 'no reason is on record'}`,
        next: run.reason?.hint ?? '',
      };
  }
}

function explainActive({ run, host, presence, leaseUntil, cancelRequested }: SituationOfRun): Judgement {
  if (run.state === 'committing') {
    return {
      summary: 'its pieces are complete; the dedup-worker makes the manifest',
      next: `should this last, check adyton-dedup-worker on ${host.name}`,
    };
  }
  const move = run.moves.at(-1);
  if (move?.takenAt === null) {
    return {
      summary: `it left ${move.from.instance}, which is not eligible; the agent on ${host.name} has until ${leaseUntil} to take it over for ${move.to.instance}`,
      next: `adyton run show ${run.id} has the check that failed`,
    };
  }
  if (presence === 'not-running') {
    return {
      summary: `the agent on ${host.name} is not running; without a heartbeat the run fails at ${leaseUntil}`,
      next: `start the agent on ${host.name}, then replay the run`,
    };
  }
  const cancel = cancelRequested ? '; it was asked to stop' : '';
  return { summary: `it is in phase ${run.phase} on ${host.name}${cancel}`, next: '' };
}
