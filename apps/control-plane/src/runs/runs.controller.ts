// Runs: looking at them, stopping one, replaying one that did not end well.
import { restRoutes } from '@adyton/contracts';
import { findRequest, findRun, listRuns, readLog, requestCancel, type Ledger } from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { RequestWork } from '../backup-requests/request-work';
import { findRegistered, idOfFilter } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf, type QueryOf } from '../http/handles';
import { Idempotent, type IdempotentRequest } from '../http/idempotency';
import { accepted, found } from '../http/refused-request';
import { RequestBody, RequestQuery } from '../http/request-input';
import { LEDGER } from '../wiring/tokens';
import { replayOf } from './replay';

@Controller()
export class RunsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(RequestWork) private readonly work: RequestWork,
  ) {}

  @Handles(restRoutes.listRuns)
  async list(
    @RequestQuery() query: QueryOf<typeof restRoutes.listRuns>,
  ): Promise<AnswerOf<typeof restRoutes.listRuns>> {
    const databaseId = await idOfFilter(this.ledger.session, query.database);
    return listRuns(this.ledger.session, { ...query, databaseId });
  }

  @Handles(restRoutes.getRun)
  async get(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getRun>> {
    return found(await findRun(this.ledger.session, id), 'run', id);
  }

  @Handles(restRoutes.getRunLog)
  async log(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getRunLog>> {
    return found(await readLog(this.ledger.session, id), 'run', id);
  }

  @Handles(restRoutes.cancelRun)
  async cancel(
    @Param('id') id: string,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.cancelRun>> {
    return accepted(await requestCancel(this.ledger.session, id, principal));
  }

  @Handles(restRoutes.replayRun)
  async replay(
    @Param('id') id: string,
    @RequestBody() body: BodyOf<typeof restRoutes.replayRun>,
    @Idempotent() request: IdempotentRequest,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.replayRun>> {
    const run = found(await findRun(this.ledger.session, id), 'run', id);
    const asked = found(await findRequest(this.ledger.session, run.requestId), 'request', run.requestId);
    const database = await findRegistered(this.ledger.session, run.databaseId);
    return this.work.ask({ request, principal }, database, replayOf(run, asked, body.reason));
  }
}
