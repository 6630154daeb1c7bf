// Runs over several instances of a cluster: the run's own agent asks, those of the other hosts answer. One leaves its instance for another's host.
import { agentRoutes } from '@adyton/contracts';
import {
  askInstances,
  joinRun,
  leaveInstance,
  listRunInstances,
  recordInstanceWord,
  type Ledger,
} from '@adyton/ledger';
import { type HostId } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { type Config } from '../config';
import { CallingHost } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { accepted } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { CONFIG, LEDGER } from '../wiring/tokens';
import { takeOver } from './claim-run';
import { newSbtToken } from './sbt-token';

@Controller()
export class AgentInstancesController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Handles(agentRoutes.askInstances)
  async ask(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.askInstances>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.askInstances>> {
    accepted(await askInstances(this.ledger.session, { runId, hostId, ...body }));
    return this.list(runId, hostId);
  }

  @Handles(agentRoutes.listRunInstances)
  async list(
    @Param('id') runId: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.listRunInstances>> {
    const silentSeconds = this.config.ADYTON_PRESENCE_TTL_SECONDS;
    return accepted(await listRunInstances(this.ledger.session, { runId, hostId }, silentSeconds));
  }

  @Handles(agentRoutes.leaveInstance)
  async leave(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.leaveInstance>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.leaveInstance>> {
    const limits = {
      takeSeconds: this.config.ADYTON_CLAIM_SECONDS,
      presenceSeconds: this.config.ADYTON_PRESENCE_TTL_SECONDS,
    };
    const left = accepted(await leaveInstance(this.ledger.session, { runId, hostId, ...body }, limits));
    return {
      movedTo: left.kind === 'ended' ? null : { instance: left.to.sid, hostName: left.to.hostName },
    };
  }

  @Handles(agentRoutes.takeOverRun)
  async take(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.takeOverRun>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.takeOverRun>> {
    const leaseSeconds = this.config.ADYTON_LEASE_SECONDS;
    return accepted(await takeOver(this.ledger, { runId, hostId, leaseSeconds, ...body }));
  }

  @Handles(agentRoutes.joinRun)
  async join(
    @Param('id') runId: string,
    @Param('sid') sid: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.joinRun>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.joinRun>> {
    const { sbtToken, tokenSha256 } = newSbtToken();
    const joined = accepted(await joinRun(this.ledger.session, { runId, sid, hostId, tokenSha256, ...body }));
    const { fence, database, oracleHome, connectDescriptor } = joined;
    return { fence, database, oracleHome, connectDescriptor, sbtToken };
  }

  @Handles(agentRoutes.reportInstance)
  async report(
    @Param('id') runId: string,
    @Param('sid') sid: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.reportInstance>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.reportInstance>> {
    return accepted(await recordInstanceWord(this.ledger.session, { runId, sid, hostId, ...body }));
  }
}
