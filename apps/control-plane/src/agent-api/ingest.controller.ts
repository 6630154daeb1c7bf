// The dedup-worker's side of a run: what its sessions may do, what came in, and the commit.
import { agentRoutes } from '@adyton/contracts';
import {
  commitRecoveryPoint,
  readCommitOrder,
  readGrant,
  recordIngest,
  refuseCommit,
  type Ledger,
} from '@adyton/ledger';
import { type HostId } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { CallingHost } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { accepted } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';

@Controller()
export class IngestController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
  ) {}

  @Handles(agentRoutes.getGrant)
  async grant(
    @Param('id') runId: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.getGrant>> {
    return accepted(await readGrant(this.ledger.session, runId, hostId));
  }

  @Handles(agentRoutes.reportIngest)
  async report(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.reportIngest>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.reportIngest>> {
    return accepted(await recordIngest(this.ledger.session, { runId, hostId, ...body }));
  }

  @Handles(agentRoutes.getCommitOrder)
  async commitOrder(
    @Param('id') runId: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.getCommitOrder>> {
    return accepted(await readCommitOrder(this.ledger.session, { runId, hostId }));
  }

  @Handles(agentRoutes.reportCommitted)
  async committed(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.reportCommitted>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.reportCommitted>> {
    const recoveryPointId = this.newId('RecoveryPointId');
    return accepted(
      await commitRecoveryPoint(this.ledger.session, { runId, hostId, recoveryPointId, ...body }),
    );
  }

  @Handles(agentRoutes.refuseCommit)
  async refuse(
    @Param('id') runId: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.refuseCommit>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    accepted(await refuseCommit(this.ledger.session, { runId, hostId, ...body }));
  }
}
