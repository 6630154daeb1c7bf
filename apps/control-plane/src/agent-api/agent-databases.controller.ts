// What a host says about itself and asks about its databases.
import { agentRoutes } from '@adyton/contracts';
import {
  askForLogsWhenFull,
  knownHandles,
  listDatabasesOfHost,
  noteRecoveryArea,
  piecesToKnow,
  readUncatalogBatch,
  recordIdentity,
  recordPresence,
  recordUncataloged,
  type Ledger,
} from '@adyton/ledger';
import { type HostId } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { type Config } from '../config';
import { findOwn } from '../databases/find-registered';
import { CallingHost, Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf, type QueryOf } from '../http/handles';
import { accepted, RefusedRequest } from '../http/refused-request';
import { RequestBody, RequestQuery } from '../http/request-input';
import { VaultKeeper } from '../vault/vault-keeper';
import { CONFIG, LEDGER, NEW_ID, type NewId } from '../wiring/tokens';

@Controller()
export class AgentDatabasesController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(VaultKeeper) private readonly vault: VaultKeeper,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Handles(agentRoutes.presence)
  async presence(
    @RequestBody() body: BodyOf<typeof agentRoutes.presence>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.presence>> {
    const now = await recordPresence(this.ledger.session, { id: hostId, ...body });
    return { hostId, now: now.toISOString() };
  }

  @Handles(agentRoutes.listOwnDatabases)
  async list(@CallingHost() hostId: HostId): Promise<AnswerOf<typeof agentRoutes.listOwnDatabases>> {
    return { items: await listDatabasesOfHost(this.ledger.session, hostId) };
  }

  @Handles(agentRoutes.reportIdentity)
  async identify(
    @Param('id') id: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.reportIdentity>,
    @CallingHost() hostId: HostId,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof agentRoutes.reportIdentity>> {
    const database = await findOwn(this.ledger.session, id, hostId);
    return accepted(await recordIdentity(this.ledger.session, database.id, body, principal));
  }

  /** The agent that reports is there: its presence needs no question. */
  @Handles(agentRoutes.reportRecoveryArea)
  async recoveryArea(
    @Param('id') id: string,
    @RequestBody() { percent }: BodyOf<typeof agentRoutes.reportRecoveryArea>,
    @CallingHost() hostId: HostId,
    @Principal() principal: string,
  ): Promise<void> {
    const database = await findOwn(this.ledger.session, id, hostId);
    await noteRecoveryArea(this.ledger.session, { databaseId: database.id, percent, principal });
    await askForLogsWhenFull(this.ledger.session, {
      databaseId: database.id,
      percent,
      requestId: this.newId('RequestId'),
      presence: 'running',
      claimSeconds: this.config.ADYTON_CLAIM_SECONDS,
    });
  }

  @Handles(agentRoutes.lookUpPieces)
  async lookUp(
    @Param('id') id: string,
    @RequestBody() body: BodyOf<typeof agentRoutes.lookUpPieces>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.lookUpPieces>> {
    const database = await findOwn(this.ledger.session, id, hostId);
    return { known: await knownHandles(this.ledger.session, database.id, body.handles) };
  }

  @Handles(agentRoutes.getUncatalogBatch)
  async uncatalogBatch(
    @Param('id') id: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.getUncatalogBatch>> {
    const database = await findOwn(this.ledger.session, id, hostId);
    return { handles: await readUncatalogBatch(this.ledger.session, database.id) };
  }

  @Handles(agentRoutes.reportUncataloged)
  async uncataloged(
    @Param('id') id: string,
    @RequestBody() report: BodyOf<typeof agentRoutes.reportUncataloged>,
    @CallingHost() hostId: HostId,
    @Principal() principal: string,
  ): Promise<void> {
    const database = await findOwn(this.ledger.session, id, hostId);
    await recordUncataloged(this.ledger.session, { databaseId: database.id, ...report, principal });
  }

  @Handles(agentRoutes.listPiecesToKnow)
  async piecesToKnow(
    @Param('id') id: string,
    @RequestQuery() { withinDays }: QueryOf<typeof agentRoutes.listPiecesToKnow>,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.listPiecesToKnow>> {
    const database = await findOwn(this.ledger.session, id, hostId);
    return { items: await piecesToKnow(this.ledger.session, database.id, withinDays) };
  }

  @Handles(agentRoutes.getDatabaseKeys)
  async keys(
    @Param('id') id: string,
    @CallingHost() hostId: HostId,
  ): Promise<AnswerOf<typeof agentRoutes.getDatabaseKeys>> {
    const database = await findOwn(this.ledger.session, id, hostId);
    if (database.dbid === null)
      throw new RefusedRequest(
        'ADY_DATABASE_UNREACHABLE',
        `the identity of ${database.name} is not known yet`,
      );
    return this.vault.databaseKeys(database.dbid);
  }
}
