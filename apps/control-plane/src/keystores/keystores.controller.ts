// Records of backups of keystores, which are made outside.
import { restRoutes } from '@adyton/contracts';
import { readKeystoreBackups, recordKeystoreBackup, type Ledger } from '@adyton/ledger';
import { Controller, Inject, Param } from '@nestjs/common';
import { findRegistered } from '../databases/find-registered';
import { Principal } from '../http/caller';
import { Handles, type AnswerOf, type BodyOf } from '../http/handles';
import { RequestBody } from '../http/request-input';
import { LEDGER } from '../wiring/tokens';

@Controller()
export class KeystoresController {
  constructor(@Inject(LEDGER) private readonly ledger: Ledger) {}

  @Handles(restRoutes.recordKeystoreBackup)
  async record(
    @Param('database') nameOrId: string,
    @RequestBody() { keys, note }: BodyOf<typeof restRoutes.recordKeystoreBackup>,
    @Principal() principal: string,
  ): Promise<AnswerOf<typeof restRoutes.recordKeystoreBackup>> {
    const { id: databaseId } = await findRegistered(this.ledger.session, nameOrId);
    return recordKeystoreBackup(this.ledger.session, { databaseId, keys, note, principal });
  }

  @Handles(restRoutes.listKeystoreBackups)
  async list(@Param('database') nameOrId: string): Promise<AnswerOf<typeof restRoutes.listKeystoreBackups>> {
    const { id } = await findRegistered(this.ledger.session, nameOrId);
    return readKeystoreBackups(this.ledger.session, id);
  }
}
