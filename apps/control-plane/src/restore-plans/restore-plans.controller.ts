// Restore plans: made from the ledger, carried out only when the database is named again.
import { restRoutes } from '@adyton/contracts';
import { bytesOfPieces, findRestorePlan, storeRestorePlan, type Ledger } from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { RequestWork } from '../backup-requests/request-work';
import { findRegistered } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { Idempotency, Idempotent, type IdempotentRequest } from '../http/idempotency';
import { found, RefusedRequest } from '../http/refused-request';
import { RequestBody } from '../http/request-input';
import { LEDGER, NEW_ID, type NewId } from '../wiring/tokens';
import { previewScript } from './preview-script';
import { selectRestore } from './select-restore';

@Controller()
export class RestorePlansController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(RequestWork) private readonly work: RequestWork,
    @Inject(Idempotency) private readonly idempotency: Idempotency,
  ) {}

  @Handles(restRoutes.createRestorePlan)
  create(
    @RequestBody() body: BodyOf<typeof restRoutes.createRestorePlan>,
    @Idempotent() request: IdempotentRequest,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.createRestorePlan>> {
    return this.idempotency.once(request, principal, async (tx) => {
      const database = await findRegistered(tx, body.database);
      const { contents, ...selected } = await selectRestore(tx, database, body);
      const bytesToRead = await bytesOfPieces(tx, database.id, selected.handles);
      const script = previewScript(contents, selected, body.target);
      const files = [...contents.dataFiles, ...(contents.recreatedFiles ?? [])];
      const dataFiles = files.map(({ file, name, bytes }) => ({ file, name, bytes }));
      const document = { ...selected, dataFiles, bytesToRead, script };
      const plan = { id: this.newId('RestorePlanId'), databaseId: database.id, ...selected };
      return {
        kind: 'done',
        body: await storeRestorePlan(tx, { ...plan, target: body.target, document, principal }),
      };
    });
  }

  @Handles(restRoutes.getRestorePlan)
  async get(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getRestorePlan>> {
    return found(await findRestorePlan(this.ledger.session, id), 'restore plan', id);
  }

  @Handles(restRoutes.executeRestorePlan)
  async execute(
    @Param('id') id: string,
    @RequestBody() body: BodyOf<typeof restRoutes.executeRestorePlan>,
    @Idempotent() request: IdempotentRequest,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.executeRestorePlan>> {
    const plan = found(await findRestorePlan(this.ledger.session, id), 'restore plan', id);
    if (body.confirm !== plan.databaseName)
      throw new RefusedRequest('ADY_CONFIRMATION_MISMATCH', `this plan restores ${plan.databaseName}`);
    const database = await findRegistered(this.ledger.session, plan.databaseId);
    const wanted = { operation: 'restore', trigger: 'manual', kind: 'auto', lane: 'restore' } as const;
    return this.work.ask({ request, principal }, database, { ...wanted, restorePlanId: plan.id });
  }
}
