// The agent's side of a dry run: what is asked, and what it answers; on a cluster the hosts of the other instances tell of theirs.
import { agentRoutes } from '@adyton/contracts';
import {
  answerDryRun,
  answerDryRunInstance,
  findDryRunInstance,
  findDryRunOfHost,
  listDryRunInstances,
  type Ledger,
} from '@adyton/ledger';
import { type HostId } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { findOwn, findRegistered } from '../databases/find-registered';
import { CallingHost } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { accepted } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { LEDGER } from '../wiring/tokens';
import { backupQuestionOf } from './backup-question';

@Controller()
export class AgentDryRunsController {
  constructor(@Inject(LEDGER) private readonly ledger: Ledger) {}

  @Handles(agentRoutes.openDryRun)
  async open(
    @Param('id') id: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.openDryRun>> {
    const { session } = this.ledger;
    const asked = accepted(await findDryRunOfHost(session, id, hostId));
    const database = await findOwn(session, asked.database_id, hostId);
    return backupQuestionOf(session, database, asked.kind);
  }

  @Handles(agentRoutes.answerDryRun)
  async answer(
    @Param('id') id: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.answerDryRun>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    const asked = accepted(await findDryRunOfHost(this.ledger.session, id, hostId));
    await answerDryRun(this.ledger.session, asked.id, body);
  }

  @Handles(agentRoutes.listDryRunInstances)
  async instances(
    @Param('id') id: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.listDryRunInstances>> {
    const asked = accepted(await findDryRunOfHost(this.ledger.session, id, hostId));
    return { items: await listDryRunInstances(this.ledger.session, asked.id) };
  }

  @Handles(agentRoutes.openInstanceCheck)
  async openCheck(
    @Param('id') dryRunId: string,
    @Param('sid') sid: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.openInstanceCheck>> {
    const { session } = this.ledger;
    const asked = accepted(await findDryRunInstance(session, { dryRunId, sid, hostId }));
    const { databaseId, oracleHome, connectDescriptor } = asked;
    return { database: await findRegistered(session, databaseId), oracleHome, connectDescriptor };
  }

  @Handles(agentRoutes.answerInstanceCheck)
  async answerCheck(
    @Param('id') dryRunId: string,
    @Param('sid') sid: string,
    @RequestBody() { verdict }: BodyOf<typeof agentRoutes.answerInstanceCheck>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    const instance = { dryRunId, sid, hostId };
    accepted(await findDryRunInstance(this.ledger.session, instance));
    await answerDryRunInstance(this.ledger.session, { ...instance, verdict });
  }
}
