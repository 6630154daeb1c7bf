// Database hosts: enrolment, which shows the token once, and the list with each agent's presence.
import { restRoutes } from '@adyton/contracts';
import { enrolHost, listHosts, type Ledger } from '@adyton/ledger';
import { Controller, Inject } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf, type QueryOf } from '../http/handles';
import { accepted } from '../http/refused-request';
import { RequestBody, RequestQuery } from '../http/request-input';
import { HOST_TOKEN_PREFIX, sha256Hex } from '../http/token-guard';
import { AgentPresences } from '../wiring/agent-presence';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';

const TOKEN_BYTES = 32;

@Controller()
export class HostsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(AgentPresences) private readonly presences: AgentPresences,
  ) {}

  @Handles(restRoutes.enrollHost)
  async enrol(
    @RequestBody() body: BodyOf<typeof restRoutes.enrollHost>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.enrollHost>> {
    const token = `${HOST_TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const host = { id: this.newId('HostId'), name: body.name, tokenSha256: sha256Hex(token), principal };
    const enrolled = accepted(await enrolHost(this.ledger.session, host));
    return { ...enrolled, agent: 'not-running', token };
  }

  @Handles(restRoutes.listHosts)
  async list(
    @RequestQuery() query: QueryOf<typeof restRoutes.listHosts>,
  ): Promise<AnswerOf<typeof restRoutes.listHosts>> {
    const { items, nextCursor } = await listHosts(this.ledger.session, query);
    const hosts = items.map(async (host) => ({ ...host, agent: await this.presences.read(host.id) }));
    return { items: await Promise.all(hosts), nextCursor };
  }
}
