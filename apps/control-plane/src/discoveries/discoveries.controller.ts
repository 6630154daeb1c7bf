// Discovery for people: asking a host to look now, and what was found and changed.
import { restRoutes } from '@adyton/contracts';
import {
  findDiscovery,
  findHostByNameOrId,
  listDiscoveries,
  listDiscoveryEvents,
  listFoundDatabases,
  requestDiscovery,
  type Ledger,
} from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type QueryOf } from '../http/handles';
import { found, RefusedRequest } from '../http/refused-request';
import { RequestQuery } from '../http/request-input';
import { AgentPresences } from '../wiring/agent-presence';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';

@Controller()
export class DiscoveriesController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(AgentPresences) private readonly presences: AgentPresences,
  ) {}

  /** Asking twice while the agent looks gives the look that is under way. */
  @Handles(restRoutes.discoverHost)
  async discover(
    @Param('host') nameOrId: string,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.discoverHost>> {
    const { session } = this.ledger;
    const host = found(await findHostByNameOrId(session, nameOrId), 'host', nameOrId);
    const presence = await this.presences.read(host.id);
    if (presence === 'unknown')
      throw new RefusedRequest('ADY_QUEUE_UNAVAILABLE', 'the job queue does not answer');
    if (presence === 'not-running')
      throw new RefusedRequest('ADY_AGENT_NOT_RUNNING', `the agent on ${host.name} is not running`);
    const id = this.newId('DiscoveryId');
    return requestDiscovery(session, { id, hostId: host.id, trigger: 'manual', principal });
  }

  @Handles(restRoutes.listDiscoveries)
  list(
    @RequestQuery() query: QueryOf<typeof restRoutes.listDiscoveries>,
  ): Promise<AnswerOf<typeof restRoutes.listDiscoveries>> {
    return listDiscoveries(this.ledger.session, query);
  }

  @Handles(restRoutes.getDiscovery)
  async get(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getDiscovery>> {
    return found(await findDiscovery(this.ledger.session, id), 'discovery', id);
  }

  @Handles(restRoutes.listDiscoveryEvents)
  events(
    @RequestQuery() query: QueryOf<typeof restRoutes.listDiscoveryEvents>,
  ): Promise<AnswerOf<typeof restRoutes.listDiscoveryEvents>> {
    return listDiscoveryEvents(this.ledger.session, query);
  }

  @Handles(restRoutes.listFoundDatabases)
  databases(
    @RequestQuery() query: QueryOf<typeof restRoutes.listFoundDatabases>,
  ): Promise<AnswerOf<typeof restRoutes.listFoundDatabases>> {
    return listFoundDatabases(this.ledger.session, query);
  }
}
