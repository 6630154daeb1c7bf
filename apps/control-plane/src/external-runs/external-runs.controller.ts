// Runs by hand: opening one, so that a person's own RMAN script can use our library, and ending it.
import { restRoutes } from '@adyton/contracts';
import { requestClose, type Ledger } from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { RequestWork } from '../backup-requests/request-work';
import { findRegistered } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { Idempotent, type IdempotentRequest } from '../http/idempotency';
import { accepted } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { LEDGER } from '../wiring/tokens';

@Controller()
export class ExternalRunsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(RequestWork) private readonly work: RequestWork,
  ) {}

  @Handles(restRoutes.openExternalRun)
  async open(
    @Param('database') nameOrId: string,
    @RequestBody() { idleMinutes }: BodyOf<typeof restRoutes.openExternalRun>,
    @Idempotent() request: IdempotentRequest,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.openExternalRun>> {
    const database = await findRegistered(this.ledger.session, nameOrId);
    const wanted = { operation: 'backup', trigger: 'manual', kind: 'auto', lane: 'external' } as const;
    return this.work.ask({ request, principal }, database, { ...wanted, idleMinutes });
  }

  @Handles(restRoutes.closeExternalRun)
  async close(
    @Param('id') id: string,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.closeExternalRun>> {
    return accepted(await requestClose(this.ledger.session, id, principal));
  }
}
