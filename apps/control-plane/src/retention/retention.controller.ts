// Retention as people see it and hold it up, and databases that are gone.
import { reasonOf, restRoutes, type Database, type RetentionStatus } from '@adyton/contracts';
import {
  forgetDatabase,
  holdRecoveryPoint,
  readRetentionStatus,
  unholdRecoveryPoint,
  type Ledger,
} from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { type Config } from '../config';
import { findRegistered } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { accepted, RefusedRequest } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { AgentPresences } from '../wiring/agent-presence';
import { CONFIG, LEDGER } from '../wiring/tokens';

const HOUR_SECONDS = 3_600;

@Controller()
export class RetentionController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(AgentPresences) private readonly presences: AgentPresences,
  ) {}

  @Handles(restRoutes.getRetention)
  async get(@Param('database') nameOrId: string): Promise<AnswerOf<typeof restRoutes.getRetention>> {
    const database = await findRegistered(this.ledger.session, nameOrId);
    const status = await readRetentionStatus(this.ledger.session, database.id);
    return { ...status, waitsFor: await this.waitsFor(database, status) };
  }

  @Handles(restRoutes.holdRecoveryPoint)
  async hold(
    @Param('id') id: string,
    @RequestBody() { reason }: BodyOf<typeof restRoutes.holdRecoveryPoint>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.holdRecoveryPoint>> {
    return accepted(await holdRecoveryPoint(this.ledger.session, { id, reason, principal }));
  }

  @Handles(restRoutes.unholdRecoveryPoint)
  async unhold(
    @Param('id') id: string,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.unholdRecoveryPoint>> {
    return accepted(await unholdRecoveryPoint(this.ledger.session, { id, principal }));
  }

  @Handles(restRoutes.revokeExpiry)
  async revoke(
    @Param('id') id: string,
    @RequestBody() { reason }: BodyOf<typeof restRoutes.revokeExpiry>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.revokeExpiry>> {
    const hold = { id, reason, principal, onlyExpiring: true };
    return accepted(await holdRecoveryPoint(this.ledger.session, hold));
  }

  @Handles(restRoutes.forgetDatabase)
  async forget(
    @Param('database') nameOrId: string,
    @RequestBody() { confirm, allBackups }: BodyOf<typeof restRoutes.forgetDatabase>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.forgetDatabase>> {
    const database = await findRegistered(this.ledger.session, nameOrId);
    if (confirm !== database.name)
      throw new RefusedRequest('ADY_CONFIRMATION_MISMATCH', `this would forget ${database.name}`);
    return accepted(
      await forgetDatabase(this.ledger.session, {
        ...{ databaseId: database.id, allBackups, principal },
        presenceSeconds: this.config.ADYTON_PRESENCE_TTL_SECONDS,
        graceSeconds: this.config.ADYTON_RETENTION_GRACE_HOURS * HOUR_SECONDS,
      }),
    );
  }

  /** An agent that is away says nothing; that it is away is why. */
  private async waitsFor(database: Database, status: RetentionStatus): Promise<RetentionStatus['waitsFor']> {
    if (status.pieces.uncatalogPending === 0) return status.waitsFor;
    if ((await this.presences.read(database.hostId)) !== 'not-running') return status.waitsFor;
    return reasonOf('ADY_AGENT_NOT_RUNNING', `the agent of ${database.name} has to ask its RMAN`);
  }
}
