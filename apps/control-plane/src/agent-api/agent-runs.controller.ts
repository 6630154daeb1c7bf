// The agent's side of a run: claim, heartbeat, plan, log, end.
import { agentRoutes } from '@adyton/contracts';
import {
  appendLog,
  failRun,
  findRequest,
  finishRestore,
  listDeletableLogs,
  listPiecesOfRun,
  recordHeartbeat,
  recordInstanceLost,
  storePlan,
  submitCommit,
  type Ledger,
} from '@adyton/ledger';
import { type HostId } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { type Config } from '../config';
import { CallingHost } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { accepted } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { CONFIG, LEDGER, NEW_ID, type NewId } from '../wiring/tokens';
import { ClaimLine } from './claim-line';
import { claimRun } from './claim-run';

@Controller()
export class AgentRunsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ClaimLine) private readonly claims: ClaimLine,
  ) {}

  @Handles(agentRoutes.claimRequest)
  async claim(
    @Param('id') requestId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.claimRequest>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.claimRequest>> {
    const leaseSeconds = this.config.ADYTON_LEASE_SECONDS;
    const claim = { requestId, runId: this.newId('RunId'), hostId, leaseSeconds, ...body };
    const request = await findRequest(this.ledger.session, requestId);
    const byPeople = request?.trigger !== 'scheduled';
    return accepted(await this.claims.inTurn({ byPeople }, () => claimRun(this.ledger, claim)));
  }

  @Handles(agentRoutes.heartbeat)
  async heartbeat(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.heartbeat>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.heartbeat>> {
    const { fence, phase, progress } = body;
    const leaseSeconds = this.config.ADYTON_LEASE_SECONDS;
    const beat = { runId, hostId, fence, phase, bytesExpected: progress?.bytesExpected, leaseSeconds };
    return accepted(await recordHeartbeat(this.ledger.session, beat));
  }

  @Handles(agentRoutes.storePlan)
  async storePlan(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.storePlan>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    accepted(await storePlan(this.ledger.session, { runId, hostId, ...body }));
  }

  @Handles(agentRoutes.listRunPieces)
  async pieces(
    @Param('id') runId: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.listRunPieces>> {
    return accepted(await listPiecesOfRun(this.ledger.session, { runId, hostId }));
  }

  @Handles(agentRoutes.listDeletableLogs)
  async deletableLogs(
    @Param('id') runId: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.listDeletableLogs>> {
    return accepted(await listDeletableLogs(this.ledger.session, { runId, hostId }));
  }

  @Handles(agentRoutes.appendLog)
  async appendLog(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.appendLog>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    accepted(await appendLog(this.ledger.session, { runId, hostId, ...body }));
  }

  @Handles(agentRoutes.submitCommit)
  async submitCommit(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.submitCommit>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.submitCommit>> {
    return accepted(await submitCommit(this.ledger.session, { runId, hostId, ...body }));
  }

  @Handles(agentRoutes.failRun)
  async fail(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.failRun>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    accepted(await failRun(this.ledger.session, { runId, hostId, ...body }));
  }

  @Handles(agentRoutes.finishRestore)
  async finishRestore(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.finishRestore>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    accepted(await finishRestore(this.ledger.session, { runId, hostId, ...body }));
  }

  @Handles(agentRoutes.reportInstanceLost)
  async instanceLost(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.reportInstanceLost>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    accepted(await recordInstanceLost(this.ledger.session, { runId, hostId, ...body }));
  }
}
