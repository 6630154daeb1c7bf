// The same Idempotency-Key with the same request gets the same answer. The key is taken in the transaction of the work: a second call
// waits for the first one's end, and a call that failed leaves no key behind.
import { type LedgerSession } from './ledger';
import { nowMinus, toJson } from './sql-values';

export interface IdempotentCall {
  readonly principal: string;
  readonly key: string;
  /** Hash over method, path and body. */
  readonly requestSha256: string;
}

export type IdempotencyAnswer =
  | { readonly kind: 'first' }
  | { readonly kind: 'replayed'; readonly answer: unknown }
  | { readonly kind: 'mismatch' };

/** Must be called inside the transaction that does the work; `first` means: do it, then `keepAnswer`. */
export async function takeIdempotencyKey(
  tx: LedgerSession,
  call: IdempotentCall,
): Promise<IdempotencyAnswer> {
  const inserted = await tx
    .insertInto('idempotency_keys')
    .values({
      principal: call.principal,
      key: call.key,
      request_sha256: call.requestSha256,
      answer: null,
    })
    .onConflict((c) => c.columns(['principal', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst();
  if (inserted !== undefined) return { kind: 'first' };
  const known = await tx
    .selectFrom('idempotency_keys')
    .select(['request_sha256', 'answer'])
    .where('principal', '=', call.principal)
    .where('key', '=', call.key)
    .executeTakeFirstOrThrow();
  if (known.request_sha256 !== call.requestSha256) return { kind: 'mismatch' };
  return { kind: 'replayed', answer: known.answer };
}

export async function keepAnswer(tx: LedgerSession, call: IdempotentCall, answer: unknown): Promise<void> {
  await tx
    .updateTable('idempotency_keys')
    .set({ answer: toJson(answer) })
    .where('principal', '=', call.principal)
    .where('key', '=', call.key)
    .execute();
}

/** @returns how many keys were removed. */
export async function pruneIdempotencyKeys(
  session: LedgerSession,
  olderThanSeconds: number,
): Promise<number> {
  const result = await session
    .deleteFrom('idempotency_keys')
    .where('created_at', '<', nowMinus(olderThanSeconds))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
