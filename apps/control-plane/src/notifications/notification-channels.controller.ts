// Notification channels and what was sent to them. There is no Idempotency-Key for adding one: its answer would have to be kept, and it carries
// the secret. A repeated call finds the name taken.
import { restRoutes, type NotificationChannel } from '@adyton/contracts';
import {
  changeChannel,
  createChannel,
  deleteChannel,
  findChannel,
  findDelivery,
  listChannels,
  listDeliveries,
  queueTest,
  type Ledger,
} from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf, type QueryOf } from '../http/handles';
import { accepted, found, RefusedRequest } from '../http/refused-request';
import { RequestBody, RequestQuery } from '../http/request-input';
import { VaultKeeper } from '../vault/vault-keeper';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';

/** Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;
const SECRET_PREFIX = 'whsec_';

@Controller()
export class NotificationChannelsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(VaultKeeper) private readonly vault: VaultKeeper,
    @Inject(NEW_ID) private readonly newId: NewId,
  ) {}

  @Handles(restRoutes.createNotificationChannel)
  async create(
    @RequestBody() body: BodyOf<typeof restRoutes.createNotificationChannel>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.createNotificationChannel>> {
    const id = this.newId('ChannelId');
    const secret = `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
    const secretSealed = await this.vault.seal(id, secret);
    const created = await createChannel(this.ledger.session, { ...body, id, secretSealed, principal });
    return { ...accepted(created), secret };
  }

  @Handles(restRoutes.listNotificationChannels)
  async list(): Promise<AnswerOf<typeof restRoutes.listNotificationChannels>> {
    return { items: await listChannels(this.ledger.session) };
  }

  @Handles(restRoutes.changeNotificationChannel)
  async change(
    @Param('channel') nameOrId: string,
    @RequestBody() change: BodyOf<typeof restRoutes.changeNotificationChannel>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.changeNotificationChannel>> {
    const { id } = await this.find(nameOrId);
    return accepted(await changeChannel(this.ledger.session, { id, change, principal }));
  }

  @Handles(restRoutes.deleteNotificationChannel)
  async delete(@Param('channel') nameOrId: string, @Principal() principal: string): Promise<void> {
    const { id } = await this.find(nameOrId);
    await deleteChannel(this.ledger.session, id, principal);
  }

  @Handles(restRoutes.testNotificationChannel)
  async test(
    @Param('channel') nameOrId: string,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.testNotificationChannel>> {
    const { id: channelId, name, enabled } = await this.find(nameOrId);
    if (!enabled) throw new RefusedRequest('ADY_CHANNEL_DISABLED', `channel ${name} is disabled`);
    const { session } = this.ledger;
    const id = await queueTest(session, { channelId, name, principal });
    return found(await findDelivery(session, id), 'delivery', id);
  }

  @Handles(restRoutes.listDeliveries)
  async deliveries(
    @Param('channel') nameOrId: string,
    @RequestQuery() query: QueryOf<typeof restRoutes.listDeliveries>,
  ): Promise<AnswerOf<typeof restRoutes.listDeliveries>> {
    const { id } = await this.find(nameOrId);
    return listDeliveries(this.ledger.session, id, query);
  }

  @Handles(restRoutes.getDelivery)
  async delivery(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getDelivery>> {
    return found(await findDelivery(this.ledger.session, id), 'delivery', id);
  }

  private async find(nameOrId: string): Promise<NotificationChannel> {
    return found(await findChannel(this.ledger.session, nameOrId), 'notification channel', nameOrId);
  }
}
