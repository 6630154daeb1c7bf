// Operations on the vault: asked for by people, claimed by a worker of the maintenance tier, kept under a lease, ended once.
import {
  reasonOf,
  type Reason,
  type VaultOperation,
  type VaultOperationOptions,
  type VaultOperationProgress,
  type VaultOperationReport,
} from '@adyton/contracts';
import {
  statesLeadingTo,
  transition,
  vaultOperationTransitions,
  type VaultOperationId,
  type VaultOperationState,
} from '@adyton/domain';
import { sql, type Selectable } from 'kysely';
import { recordAudit } from './audit-events';
import { inTransaction, type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { pageOf, type Page, type PageQuestion } from './pages';
import { findDatabasesToRelease } from './piece-release';
import { refuse, type Refusal } from './refusal';
import { isRefusal } from './runs';
import { now, nowMinus, nowPlus, toInstant, toInstantOrNull, toJson } from './sql-values';
import { type VaultOperationsTable } from './tables';
import { noteVaultOperationEnd } from './vault-alerts';

export interface NewVaultOperation {
  readonly id: VaultOperationId;
  readonly options: VaultOperationOptions;
  readonly principal: string;
  /** How long the maintenance tier may take to claim it. */
  readonly claimSeconds: number;
}

/** As the partial unique index spells it. */
const OPEN_INDEX_PREDICATE = sql<boolean>`state IN ('requested', 'running')`;
const OPEN_STATES: readonly VaultOperationState[] = ['requested', 'running'];
const NOTHING_DONE: VaultOperationProgress = { objectsDone: 0, objectsExpected: null, bytesRead: 0 };
const SYSTEM = 'system';

/** Puts the operation on record and rings for it. */
export function createVaultOperation(
  session: LedgerSession,
  operation: NewVaultOperation,
): Promise<VaultOperation | Refusal> {
  return inTransaction(session, async (tx) => {
    const { id, options, principal } = operation;
    const row = await tx
      .insertInto('vault_operations')
      .values({
        id,
        kind: options.kind,
        options: toJson(options),
        state: 'requested',
        reason: null,
        progress: toJson(NOTHING_DONE),
        report: null,
        principal,
        claim_by: nowPlus(operation.claimSeconds),
        lease_until: null,
        started_at: null,
        finished_at: null,
      })
      .onConflict((c) => c.column('kind').where(OPEN_INDEX_PREDICATE).doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return refuseBusy(tx, options.kind);
    await addToOutbox(tx, {
      jobName: 'vault.operate',
      hostId: null,
      payload: { v: 1, operationId: id },
      jobId: `${id}.1`,
    });
    await recordAudit(tx, [
      { principal, action: 'vault-operation.requested', subjectId: id, detail: options.kind },
    ]);
    return toOperation(row);
  });
}

interface RegularOperation extends NewVaultOperation {
  /** Not asked for more often. */
  readonly everySeconds: number;
}

/**
 * Asks for an operation of a kind that nobody asked for within `everySeconds`, once there is something that old to look after.
 * @returns whether it was asked for now.
 */
export function createDueVaultOperation(
  session: LedgerSession,
  operation: RegularOperation,
): Promise<boolean> {
  return inTransaction(session, async (tx) => {
    const old = await tx
      .selectFrom('recovery_points')
      .select('id')
      .where('created_at', '<=', nowMinus(operation.everySeconds))
      .executeTakeFirst();
    if (old === undefined || (await wasAskedLately(tx, operation))) return false;
    return !isRefusal(await createVaultOperation(tx, operation));
  });
}

/** Asks for the release of what is on its way out when there is a step for the vault to take. @returns whether it was asked for now. */
export function createNeededRelease(session: LedgerSession, operation: RegularOperation): Promise<boolean> {
  return inTransaction(session, async (tx) => {
    if (await wasAskedLately(tx, operation)) return false;
    if ((await findDatabasesToRelease(tx)).length === 0) return false;
    return !isRefusal(await createVaultOperation(tx, operation));
  });
}

async function wasAskedLately(
  tx: LedgerSession,
  { options, everySeconds }: RegularOperation,
): Promise<boolean> {
  const recent = await tx
    .selectFrom('vault_operations')
    .select('id')
    .where('kind', '=', options.kind)
    .where((e) => e.or([e('created_at', '>', nowMinus(everySeconds)), e('state', 'in', [...OPEN_STATES])]))
    .executeTakeFirst();
  return recent !== undefined;
}

async function refuseBusy(tx: LedgerSession, kind: VaultOperationOptions['kind']): Promise<Refusal> {
  const open = await tx
    .selectFrom('vault_operations')
    .select('id')
    .where('kind', '=', kind)
    .where('state', 'in', OPEN_STATES)
    .executeTakeFirst();
  return refuse('ADY_VAULT_BUSY', `${kind} is under way as ${open?.id ?? 'an operation that just ended'}`);
}

/** Makes the operation the caller's, or says why it is not to be had. */
export function claimVaultOperation(
  session: LedgerSession,
  claim: { readonly id: VaultOperationId; readonly leaseSeconds: number },
): Promise<VaultOperation | Refusal> {
  return inTransaction(session, async (tx) => {
    const row = await lockOperation(tx, claim.id);
    if (row === undefined) return refuse('ADY_NOT_FOUND', `there is no vault operation ${claim.id}`);
    if (transition(vaultOperationTransitions, row.state, 'running').kind === 'refused')
      return refuse('ADY_NOT_CLAIMABLE', `vault operation ${claim.id} is ${row.state}`);
    const claimed = await tx
      .updateTable('vault_operations')
      .set({ state: 'running', started_at: now, lease_until: nowPlus(claim.leaseSeconds) })
      .where('id', '=', claim.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return toOperation(claimed);
  });
}

/** Extends the lease and shows how far it is. @returns false when the operation ended meanwhile: whoever works on it must stop. */
export async function recordVaultProgress(
  session: LedgerSession,
  input: {
    readonly id: VaultOperationId;
    readonly progress: VaultOperationProgress;
    readonly leaseSeconds: number;
  },
): Promise<boolean> {
  const result = await session
    .updateTable('vault_operations')
    .set({ progress: toJson(input.progress), lease_until: nowPlus(input.leaseSeconds) })
    .where('id', '=', input.id)
    .where('state', '=', 'running')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export interface VaultOperationEnd {
  readonly id: VaultOperationId;
  /** Null for success. */
  readonly reason: Reason | null;
  readonly report: VaultOperationReport | null;
  readonly principal: string;
}

/** @returns false when it had ended before. */
export function endVaultOperation(session: LedgerSession, end: VaultOperationEnd): Promise<boolean> {
  return inTransaction(session, async (tx) => {
    const to: VaultOperationState = end.reason === null ? 'succeeded' : 'failed';
    const row = await tx
      .updateTable('vault_operations')
      .set({
        state: to,
        reason: end.reason === null ? null : toJson(end.reason),
        report: end.report === null ? null : toJson(end.report),
        finished_at: now,
      })
      .where('id', '=', end.id)
      .where('state', 'in', [...statesLeadingTo(vaultOperationTransitions, to)])
      .returning('options')
      .executeTakeFirst();
    if (row === undefined) return false;
    await recordAudit(tx, [
      {
        principal: end.principal,
        action: `vault-operation.${to}`,
        subjectId: end.id,
        reason: end.reason,
      },
    ]);
    await noteVaultOperationEnd(tx, { ...end, options: row.options });
    return true;
  });
}

/** Operations nobody claimed in time, or whose worker stopped reporting, fail. */
export function sweepVaultOperations(session: LedgerSession): Promise<VaultOperationId[]> {
  return inTransaction(session, async (tx) => {
    const due = await tx
      .selectFrom('vault_operations')
      .select(['id', 'state', 'claim_by', 'lease_until'])
      .where((e) =>
        e.or([
          e.and([e('state', '=', 'requested'), e('claim_by', '<=', now)]),
          e.and([e('state', '=', 'running'), e('lease_until', '<', now)]),
        ]),
      )
      .orderBy('id')
      .forUpdate()
      .skipLocked()
      .execute();
    for (const { id, state, claim_by, lease_until } of due) {
      const reason =
        state === 'requested'
          ? reasonOf('ADY_MAINTENANCE_NOT_RUNNING', `nobody took it before ${claim_by.toISOString()}`)
          : reasonOf('ADY_MAINTENANCE_LOST', `no sign came before ${lease_until?.toISOString() ?? ''}`);
      await endVaultOperation(tx, { id, reason, report: null, principal: SYSTEM });
    }
    return due.map((row) => row.id);
  });
}

export async function findVaultOperation(
  session: LedgerSession,
  id: string,
): Promise<VaultOperation | undefined> {
  const row = await session
    .selectFrom('vault_operations')
    .selectAll()
    .where('id', '=', id as VaultOperationId)
    .executeTakeFirst();
  return row === undefined ? undefined : toOperation(row);
}

/** Newest first. */
export async function listVaultOperations(
  session: LedgerSession,
  page: PageQuestion,
): Promise<Page<VaultOperation>> {
  let query = session
    .selectFrom('vault_operations')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('id', '<', page.cursor as VaultOperationId);
  return pageOf(await query.execute(), page.limit, toOperation);
}

function lockOperation(tx: LedgerSession, id: VaultOperationId) {
  return tx.selectFrom('vault_operations').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

function toOperation(row: Selectable<VaultOperationsTable>): VaultOperation {
  return {
    id: row.id,
    options: row.options,
    state: row.state,
    reason: row.reason,
    progress: row.progress,
    report: row.report,
    createdAt: toInstant(row.created_at),
    startedAt: toInstantOrNull(row.started_at),
    finishedAt: toInstantOrNull(row.finished_at),
  };
}
