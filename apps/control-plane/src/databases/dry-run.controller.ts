// The plan of a backup that is not run: the agent is asked through its queue, and the answer is waited for.
import { isErrorCode, restRoutes } from '@adyton/contracts';
import { askDryRun, findDryRun, type DryRunRow, type Ledger } from '@adyton/ledger';
import { type DryRunId } from '@adyton/domain';
import { pause } from '@adyton/runtime';
import { Controller, Inject, Param } from '@nestjs/common';
import { Handles, type AnswerOf, type QueryOf } from '../http/handles';
import { RefusedRequest } from '../http/refused-request';
import { RequestQuery } from '../http/request-input';
import { AgentPresences } from '../wiring/agent-presence';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';
import { findRegistered } from './find-registered';

/** An agent reads a few views of the database; it is waited for this long, ms. */
const ANSWER_WAIT_MS = 30_000;
const POLL_MS = 100;

@Controller()
export class DryRunController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(AgentPresences) private readonly presences: AgentPresences,
  ) {}

  @Handles(restRoutes.planBackup)
  async plan(
    @Param('database') nameOrId: string,
    @RequestQuery() { kind }: QueryOf<typeof restRoutes.planBackup>,
  ): Promise<AnswerOf<typeof restRoutes.planBackup>> {
    const database = await findRegistered(this.ledger.session, nameOrId);
    const presence = await this.presences.read(database.hostId);
    if (presence === 'unknown')
      throw new RefusedRequest('ADY_QUEUE_UNAVAILABLE', 'the job queue does not answer');
    if (presence === 'not-running')
      throw new RefusedRequest('ADY_AGENT_NOT_RUNNING', `the agent of ${database.name} is not running`);
    const id = this.newId('DryRunId');
    await askDryRun(this.ledger.session, { id, databaseId: database.id, hostId: database.hostId, kind });
    const { plan, scripts, reason } = await this.untilAnswered(id);
    if (reason !== null)
      throw new RefusedRequest(isErrorCode(reason.code) ? reason.code : 'ADY_INTERNAL', reason.detail);
    if (plan === null) throw new Error(`invariant: dry run ${id} has a plan or a reason`);
    return { databaseId: database.id, kind, plan, scripts: scripts ?? [] };
  }

  private async untilAnswered(id: DryRunId): Promise<DryRunRow> {
    for (let waitedMs = 0; waitedMs < ANSWER_WAIT_MS; waitedMs += POLL_MS) {
      const row = await findDryRun(this.ledger.session, id);
      if (row !== undefined && row.answered_at !== null) return row;
      await pause(POLL_MS, new AbortController().signal);
    }
    throw new RefusedRequest(
      'ADY_AGENT_NOT_RUNNING',
      `the agent did not answer within ${ANSWER_WAIT_MS / 1000} s`,
    );
  }
}
