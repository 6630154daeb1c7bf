// Schedules of a database.
import { restRoutes } from '@adyton/contracts';
import { createSchedule, deleteSchedule, listSchedules, readNow, type Ledger } from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { findRegistered } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { Idempotency, Idempotent, type IdempotentRequest } from '../http/idempotency';
import { RefusedRequest } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';
import { firstSlot } from './first-slot';

@Controller()
export class SchedulesController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(Idempotency) private readonly idempotency: Idempotency,
  ) {}

  @Handles(restRoutes.createSchedule)
  create(
    @Param('database') nameOrId: string,
    @RequestBody() body: BodyOf<typeof restRoutes.createSchedule>,
    @Idempotent() request: IdempotentRequest,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.createSchedule>> {
    return this.idempotency.once(request, principal, async (tx) => {
      const database = await findRegistered(tx, nameOrId);
      const nextAt = firstSlot(body.cron, body.timeZone, await readNow(tx));
      const schedule = { ...body, id: this.newId('ScheduleId'), databaseId: database.id, nextAt, principal };
      return { kind: 'done', body: await createSchedule(tx, schedule) };
    });
  }

  @Handles(restRoutes.listSchedules)
  async list(@Param('database') nameOrId: string): Promise<AnswerOf<typeof restRoutes.listSchedules>> {
    const database = await findRegistered(this.ledger.session, nameOrId);
    return { items: await listSchedules(this.ledger.session, database.id) };
  }

  @Handles(restRoutes.deleteSchedule)
  async delete(@Param('id') id: string, @Principal() principal: string): Promise<void> {
    const deleted = await deleteSchedule(this.ledger.session, id, principal);
    if (!deleted) throw new RefusedRequest('ADY_NOT_FOUND', `there is no schedule ${id}`);
  }
}
