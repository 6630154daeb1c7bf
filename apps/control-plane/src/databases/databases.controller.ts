// Target databases: registering one and looking at them.
import { restRoutes } from '@adyton/contracts';
import { listDatabases, registerDatabase, type Ledger } from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf, type QueryOf } from '../http/handles';
import { accepted } from '../http/refused-request';
import { RequestBody, RequestQuery } from '../http/request-input';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';
import { findRegistered } from './find-registered';

@Controller()
export class DatabasesController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
  ) {}

  @Handles(restRoutes.registerDatabase)
  async register(
    @RequestBody() body: BodyOf<typeof restRoutes.registerDatabase>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.registerDatabase>> {
    const database = { ...body, id: this.newId('DatabaseId'), principal };
    return accepted(await registerDatabase(this.ledger.session, database));
  }

  @Handles(restRoutes.listDatabases)
  list(
    @RequestQuery() query: QueryOf<typeof restRoutes.listDatabases>,
  ): Promise<AnswerOf<typeof restRoutes.listDatabases>> {
    return listDatabases(this.ledger.session, query);
  }

  @Handles(restRoutes.getDatabase)
  get(@Param('database') nameOrId: string): Promise<AnswerOf<typeof restRoutes.getDatabase>> {
    return findRegistered(this.ledger.session, nameOrId);
  }
}
