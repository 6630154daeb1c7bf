// Recovery points: what completed runs left behind.
import { restRoutes } from '@adyton/contracts';
import { findRecoveryPoint, listRecoveryPoints, type Ledger } from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { idOfFilter } from '../databases/find-registered';
import { Handles, type AnswerOf, type QueryOf } from '../http/handles';
import { found } from '../http/refused-request';
import { RequestQuery } from '../http/request-input';
import { LEDGER } from '../wiring/tokens';

@Controller()
export class RecoveryPointsController {
  constructor(@Inject(LEDGER) private readonly ledger: Ledger) {}

  @Handles(restRoutes.listRecoveryPoints)
  async list(
    @RequestQuery() query: QueryOf<typeof restRoutes.listRecoveryPoints>,
  ): Promise<AnswerOf<typeof restRoutes.listRecoveryPoints>> {
    const databaseId = await idOfFilter(this.ledger.session, query.database);
    return listRecoveryPoints(this.ledger.session, { ...query, databaseId });
  }

  @Handles(restRoutes.getRecoveryPoint)
  async get(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getRecoveryPoint>> {
    return found(await findRecoveryPoint(this.ledger.session, id), 'recovery point', id);
  }
}
