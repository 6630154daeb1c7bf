// `adyton run why`: everything needed to understand one request or run, on one screen.
import {
  restRoutes,
  type BackupRequest,
  type Explanation,
  type RunDetail,
  type RunMove,
} from '@adyton/contracts';
import {
  findActiveRun,
  findHost,
  findRequest,
  findRun,
  listAuditEvents,
  readLease,
  type Ledger,
} from '@adyton/ledger';
import { ID_PREFIX } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { findRegistered } from '../databases/find-registered';
import { Handles } from '../http/handles';
import { found } from '../http/refused-request';
import { AgentPresences } from '../wiring/agent-presence';
import { LEDGER } from '../wiring/tokens';
import { explainRequest, explainRun } from './explain';

/** The newest of a trail; more does not fit a screen. */
const EVENTS_MAX = 20;

@Controller()
export class ExplanationsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(AgentPresences) private readonly presences: AgentPresences,
  ) {}

  @Handles(restRoutes.explain)
  async explain(@Param('id') id: string): Promise<Explanation> {
    const { session } = this.ledger;
    if (id.startsWith(`${ID_PREFIX.RunId}_`)) return this.ofRun(found(await findRun(session, id), 'run', id));
    const request = found(await findRequest(session, id), 'request or run', id);
    const run = request.runId === null ? undefined : await findRun(session, request.runId);
    return run === undefined ? this.ofRequest(request) : this.ofRun(run);
  }

  private async ofRequest(request: BackupRequest): Promise<Explanation> {
    const { session } = this.ledger;
    const database = await findRegistered(session, request.databaseId);
    const host = found(await findHost(session, database.hostId), 'host', database.hostId);
    const [presence, active] = await Promise.all([
      this.presences.read(database.hostId),
      findActiveRun(session, database.id, request.lane),
    ]);
    return {
      id: request.id,
      subject: 'request',
      databaseName: database.name,
      state: request.state,
      reason: request.reason,
      ...explainRequest({ request, host, presence, active: active ?? null }),
      facts: factsOf([
        ['asked', `${request.operation} ${request.kind}, ${request.trigger}`],
        ['slot', request.scheduledAt],
        ['expires', request.expiresAt],
        ['agent', `${presence} on ${host.name}, last seen ${host.lastSeenAt ?? 'never'}`],
      ]),
      events: await this.trail([request.id]),
    };
  }

  private async ofRun(run: RunDetail): Promise<Explanation> {
    const { session } = this.ledger;
    const host = found(await findHost(session, run.hostId), 'host', run.hostId);
    const lease = found(await readLease(session, run.id), 'run', run.id);
    const presence = await this.presences.read(run.hostId);
    const leaseUntil = lease.lease_until.toISOString();
    const cancelRequested = lease.cancel_requested_at !== null;
    const { bytesDone, bytesExpected, piecesDone } = run.progress;
    return {
      id: run.id,
      subject: 'run',
      databaseName: run.databaseName,
      state: run.state,
      reason: run.reason,
      ...explainRun({ run, host, presence, leaseUntil, cancelRequested }),
      facts: factsOf([
        ['request', run.requestId],
        ['attempt', `${run.attempt}, fence ${run.fence}`],
        ['level', run.level === null ? null : `${run.level} (${run.levelReason ?? '-'})`],
        ['phase', run.phase],
        ['done', `${bytesDone} of ${bytesExpected ?? '?'} bytes, ${piecesDone} pieces`],
        ['agent', `${presence} on ${host.name}, last seen ${host.lastSeenAt ?? 'never'}`],
        ['lease', run.finishedAt === null ? `until ${leaseUntil}` : null],
        ...run.moves.map(moveFact),
        ...checksOf(run),
      ]),
      events: await this.trail([run.requestId, run.id]),
    };
  }

  private async trail(subjects: readonly string[]): Promise<Explanation['events']> {
    const trails = await Promise.all(subjects.map((id) => listAuditEvents(this.ledger.session, id)));
    return trails
      .flat()
      .slice(-EVENTS_MAX)
      .map((e) => ({
        at: e.at,
        principal: e.principal,
        action: e.action,
        detail: e.reason?.detail ?? e.detail ?? null,
      }));
  }
}

function moveFact({ at, from, to, reason, takenAt }: RunMove): [string, string] {
  const taken = takenAt === null ? 'not taken over' : `taken over at ${takenAt}`;
  return [
    'moved',
    `from ${from.instance} on ${from.hostName} to ${to.instance} on ${to.hostName} at ${at}, ${taken}: ${reason.detail}`,
  ];
}

/** What its pre-checks found that was not as it should be. One that ended the run is in the run's reason. */
function checksOf({ plan }: RunDetail): [string, string][] {
  return (plan?.checks ?? [])
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ code, verdict, evidence, hint, instance }) => [
      `check ${code}${instance === undefined ? '' : ` of ${instance}`}`,
      `${verdict}: ${evidence} | HINT: ${hint}`,
    ]);
}

function factsOf(pairs: readonly (readonly [string, string | null])[]): Explanation['facts'] {
  return pairs.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}
