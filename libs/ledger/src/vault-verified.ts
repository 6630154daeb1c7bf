// What of the vault was verified when. The ledger only keeps it: its shape belongs to the vault.
import { type LedgerSession } from './ledger';
import { toJson } from './sql-values';

/** Null before the first verification. */
export async function readVerifyState<T>(session: LedgerSession): Promise<T | null> {
  const row = await session.selectFrom('vault_verified').select('state').executeTakeFirst();
  return row === undefined ? null : (row.state as T);
}

export async function storeVerifyState(session: LedgerSession, state: object): Promise<void> {
  await session
    .insertInto('vault_verified')
    .values({ state: toJson(state) })
    .onConflict((c) => c.column('only_row').doUpdateSet({ state: toJson(state) }))
    .execute();
}
