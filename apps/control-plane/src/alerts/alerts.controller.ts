// Alerts as people see and handle them.
import { restRoutes } from '@adyton/contracts';
import {
  acknowledgeAlert,
  deliveriesOfAlert,
  findAlert,
  listAlerts,
  resolveAlertByHand,
  type Ledger,
} from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { findRegistered } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf, type QueryOf } from '../http/handles';
import { accepted, found } from '../http/refused-request';
import { RequestBody, RequestQuery } from '../http/request-input';
import { LEDGER } from '../wiring/tokens';

@Controller()
export class AlertsController {
  constructor(@Inject(LEDGER) private readonly ledger: Ledger) {}

  @Handles(restRoutes.listAlerts)
  async list(
    @RequestQuery() { database, ...query }: QueryOf<typeof restRoutes.listAlerts>,
  ): Promise<AnswerOf<typeof restRoutes.listAlerts>> {
    const { session } = this.ledger;
    const databaseId = database === undefined ? undefined : (await findRegistered(session, database)).id;
    return listAlerts(session, { ...query, databaseId });
  }

  @Handles(restRoutes.getAlert)
  async get(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getAlert>> {
    const alert = found(await findAlert(this.ledger.session, id), 'alert', id);
    return { ...alert, deliveries: await deliveriesOfAlert(this.ledger.session, alert.id) };
  }

  @Handles(restRoutes.acknowledgeAlert)
  async acknowledge(
    @Param('id') id: string,
    @RequestBody() { note }: BodyOf<typeof restRoutes.acknowledgeAlert>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.acknowledgeAlert>> {
    return accepted(await acknowledgeAlert(this.ledger.session, { id, note: note ?? null, principal }));
  }

  @Handles(restRoutes.resolveAlert)
  async resolve(
    @Param('id') id: string,
    @RequestBody() { reason }: BodyOf<typeof restRoutes.resolveAlert>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.resolveAlert>> {
    return accepted(await resolveAlertByHand(this.ledger.session, { id, resolution: reason, principal }));
  }
}
