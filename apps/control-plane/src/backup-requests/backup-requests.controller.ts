// Backup requests: asking for one now, and looking at them.
import { restRoutes } from '@adyton/contracts';
import { findRequest, listRequests, type Ledger } from '@adyton/ledger';
import { laneOf } from '@adyton/domain';
import { Controller, Inject, Param } from '@nestjs/common';
import { findRegistered, idOfFilter } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf, type QueryOf } from '../http/handles';
import { Idempotent, type IdempotentRequest } from '../http/idempotency';
import { found } from '../http/refused-request';
import { RequestBody, RequestQuery } from '../http/request-input';
import { LEDGER } from '../wiring/tokens';
import { RequestWork } from './request-work';

@Controller()
export class BackupRequestsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(RequestWork) private readonly work: RequestWork,
  ) {}

  @Handles(restRoutes.createBackupRequest)
  async create(
    @RequestBody() body: BodyOf<typeof restRoutes.createBackupRequest>,
    @Idempotent() request: IdempotentRequest,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.createBackupRequest>> {
    const database = await findRegistered(this.ledger.session, body.database);
    const wanted = {
      operation: 'backup',
      trigger: 'manual',
      kind: body.kind,
      lane: laneOf(body.kind),
    } as const;
    return this.work.ask({ request, principal }, database, wanted);
  }

  @Handles(restRoutes.listBackupRequests)
  async list(
    @RequestQuery() query: QueryOf<typeof restRoutes.listBackupRequests>,
  ): Promise<AnswerOf<typeof restRoutes.listBackupRequests>> {
    const databaseId = await idOfFilter(this.ledger.session, query.database);
    return listRequests(this.ledger.session, { ...query, databaseId });
  }

  @Handles(restRoutes.getBackupRequest)
  async get(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getBackupRequest>> {
    return found(await findRequest(this.ledger.session, id), 'request', id);
  }
}
