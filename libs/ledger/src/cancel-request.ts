// Withdraws a request nobody claimed yet.
import { reasonOf } from '@adyton/contracts';
import { type RequestId } from '@adyton/domain';
import { inTransaction, type LedgerSession } from './ledger';
import { refuse, type Refusal } from './refusal';
import { endRequest, findRequest } from './requests';

export function cancelRequest(
  session: LedgerSession,
  id: RequestId,
  principal: string,
): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const reason = reasonOf('ADY_CANCELLED', `${principal} withdrew it before an agent claimed it`);
    if (await endRequest(tx, { id, to: 'cancelled', reason, principal })) return null;
    const request = await findRequest(tx, id);
    return request === undefined
      ? refuse('ADY_NOT_FOUND', `there is no request ${id}`)
      : refuse('ADY_RUN_STATE', `request ${id} is ${request.state}`);
  });
}
