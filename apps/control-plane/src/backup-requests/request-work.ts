// Asks the ledger for work that a person waits for: a manual backup, a replay, a restore. The agent's presence is read before the
// transaction, so that no row is locked while Redis is asked.
import { type BackupRequest } from '@adyton/contracts';
import { createRequest, hostToAsk, type Ledger, type LedgerSession, type NewRequest } from '@adyton/ledger';
import { type DatabaseId, type HostId } from '@adyton/domain';
import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '../config';
import { Idempotency, type IdempotentRequest, type Outcome } from '../http/idempotency';
import { accepted, requestUrl } from '../http/refused-request';
import { AgentPresences } from '../wiring/agent-presence';
import { CONFIG, LEDGER, NEW_ID, type NewId } from '../wiring/tokens';

export type WantedWork = Pick<NewRequest, 'operation' | 'trigger' | 'kind' | 'lane'> &
  Partial<Pick<NewRequest, 'replayOf' | 'restorePlanId' | 'idleMinutes' | 'note'>>;

export interface WorkAsker {
  readonly request: IdempotentRequest;
  readonly principal: string;
}

@Injectable()
export class RequestWork {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(NEW_ID) private readonly newId: NewId,
    @Inject(AgentPresences) private readonly presences: AgentPresences,
    @Inject(Idempotency) private readonly idempotency: Idempotency,
  ) {}

  /** @throws RefusedRequest; ADY_AGENT_NOT_RUNNING links the failed request, which stays on record. */
  async ask(
    asker: WorkAsker,
    database: { readonly id: DatabaseId; readonly hostId: HostId },
    work: WantedWork,
  ): Promise<BackupRequest> {
    const presenceOf = (hostId: HostId) => this.presences.read(hostId);
    const { hostId, presence } = await hostToAsk(this.ledger.session, database, work, presenceOf);
    const wanted: NewRequest = {
      ...work,
      id: this.newId('RequestId'),
      databaseId: database.id,
      principal: asker.principal,
      hostId,
      presence,
      claimSeconds: this.config.ADYTON_CLAIM_SECONDS,
    };
    return this.idempotency.once(asker.request, asker.principal, (tx) => create(tx, wanted));
  }
}

async function create(tx: LedgerSession, wanted: NewRequest): Promise<Outcome<BackupRequest>> {
  const creation = accepted(await createRequest(tx, wanted));
  if (creation.kind === 'admitted') return { kind: 'done', body: creation.request };
  return {
    kind: 'refused',
    code: creation.code,
    detail: creation.request.reason?.detail ?? '',
    extras: { links: { request: requestUrl(creation.request.id) } },
  };
}
