// What an agent saw on its host.
import { agentRoutes } from '@adyton/contracts';
import { reportDiscovery, type Ledger } from '@adyton/ledger';
import { type HostId } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { CallingHost } from '../http/caller';
import { Handles, type BodyOf } from '../http/handles';
import { accepted } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';

@Controller()
export class AgentDiscoveriesController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
  ) {}

  @Handles(agentRoutes.reportDiscovery)
  async report(
    @Param('id') id: string,
    @RequestBody() report: BodyOf<typeof agentRoutes.reportDiscovery>,
    @CallingHost() hostId: HostId,
  ): Promise<void> {
    accepted(
      await reportDiscovery(this.ledger.session, {
        id,
        hostId,
        report,
        newFoundDatabaseId: () => this.newId('FoundDatabaseId'),
        newDiscoveryId: () => this.newId('DiscoveryId'),
      }),
    );
  }
}
