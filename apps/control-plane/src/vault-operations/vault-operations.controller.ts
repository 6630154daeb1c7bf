// Operations on the vault: asking the maintenance tier for one, and looking at them.
import { restRoutes, type VaultOperation, type VaultOperationOptions } from '@adyton/contracts';
import { createVaultOperation, findVaultOperation, listVaultOperations, type Ledger } from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { type Config } from '../config';
import { findRegistered } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf, type QueryOf } from '../http/handles';
import { Idempotency, Idempotent, type IdempotentRequest } from '../http/idempotency';
import { accepted, found, RefusedRequest } from '../http/refused-request';
import { RequestBody, RequestQuery } from '../http/request-input';
import { CONFIG, LEDGER, NEW_ID, type NewId } from '../wiring/tokens';

@Controller()
export class VaultOperationsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(Idempotency) private readonly idempotency: Idempotency,
  ) {}

  @Handles(restRoutes.startVaultOperation)
  async start(
    @RequestBody() body: BodyOf<typeof restRoutes.startVaultOperation>,
    @Idempotent() request: IdempotentRequest,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.startVaultOperation>> {
    const wanted = {
      id: this.newId('VaultOperationId'),
      options: await this.withDatabaseId(body),
      principal,
      claimSeconds: this.config.ADYTON_CLAIM_SECONDS,
    };
    return this.idempotency.once<VaultOperation>(request, principal, async (tx) => ({
      kind: 'done',
      body: accepted(await createVaultOperation(tx, wanted)),
    }));
  }

  @Handles(restRoutes.listVaultOperations)
  list(
    @RequestQuery() query: QueryOf<typeof restRoutes.listVaultOperations>,
  ): Promise<AnswerOf<typeof restRoutes.listVaultOperations>> {
    return listVaultOperations(this.ledger.session, query);
  }

  @Handles(restRoutes.getVaultOperation)
  async get(@Param('id') id: string): Promise<AnswerOf<typeof restRoutes.getVaultOperation>> {
    return found(await findVaultOperation(this.ledger.session, id), 'vault operation', id);
  }

  /** A name that nobody registered is refused here, where somebody waits. */
  private async withDatabaseId(options: VaultOperationOptions): Promise<VaultOperationOptions> {
    if (!('database' in options) || options.database === undefined) return options;
    const { id, name, dbid } = await findRegistered(this.ledger.session, options.database);
    if (dbid === null) throw new RefusedRequest('ADY_NO_RECOVERY_POINT', `${name} was never backed up`);
    return { ...options, database: id };
  }
}
