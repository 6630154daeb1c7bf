// Days that pass over a running product, and what RMAN, the bucket and the product say of what is on its way out.
import {
  callRoute,
  restRoutes,
  type RetentionStatus,
  type RunDetail,
  type VaultOperation,
} from '@adyton/contracts';
import { loadConfig, storeSettings } from '@adyton/runtime';
import { configuredStore } from '@adyton/vault-access';
import { inDatabase } from './oracle-host';
import { backUp, DATABASE_NAME, eventually, SUCCEEDED, type RunningStack } from './running-stack';

export const DAY_SECONDS = 86_400;
/** Between two releases that the scheduler asks for, and between two rings for pieces that RMAN has to forget. */
export const RELEASE_PAUSE_SECONDS = 300;

/** Nothing but a test's own steps moves with the clock: leases outlive days, and nobody asks for maintenance meanwhile. */
export const DAYS_PASS = {
  'control-plane': { ADYTON_LEASE_SECONDS: '3600' },
  scheduler: {
    ...{ ADYTON_TICK_MS: '500', ADYTON_VERIFY_EVERY_HOURS: '0', ADYTON_COLLECT_EVERY_HOURS: '0' },
    ADYTON_CLAIM_SECONDS: '600',
  },
};

/** As backUp, but must succeed. */
export async function mustBackUp(
  stack: RunningStack,
  kind: Parameters<typeof backUp>[1],
): Promise<RunDetail> {
  const run = await backUp(stack, kind);
  expect(run).toMatchObject(SUCCEEDED);
  return run;
}

export async function retentionOf(stack: RunningStack): Promise<RetentionStatus> {
  return callRoute(stack.api, restRoutes.getRetention, { params: { database: DATABASE_NAME } });
}

/** Handles of all pieces that RMAN may offer to a restore. */
export async function listedByRman(stack: RunningStack): Promise<Set<string>> {
  const pieces = await inDatabase(stack, (database) => database.backupPieces('%'));
  return new Set(pieces.filter(({ status }) => status !== 'D').map(({ handle }) => handle));
}

export async function keysBelow(stack: RunningStack, prefix: string): Promise<string[]> {
  const store = await configuredStore(loadConfig(storeSettings, stack.lab.s3Settings()))();
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** By handle, of all pieces of the database. */
export async function pieceStates(stack: RunningStack): Promise<Map<string, string>> {
  const rows = await stack.sql<{ handle: string; release_state: string }>(
    'SELECT handle, release_state FROM adyton.pieces',
  );
  return new Map(rows.map((r) => [r.handle, r.release_state]));
}

export async function piecesIn(stack: RunningStack, state: string): Promise<string[]> {
  return [...(await pieceStates(stack))].filter(([, s]) => s === state).map(([handle]) => handle);
}

/** Until the scheduler has let points go. */
export async function graceTimeBegins(stack: RunningStack): Promise<void> {
  await eventually(
    () => retentionOf(stack),
    ({ points }) => points.some((p) => p.state === 'expiring'),
  );
}

/**
 * Lets the grace time of what is expiring pass, and waits until all of it has expired. What the scheduler let go later than the first (a policy was
 * changed meanwhile) has a grace time of its own, which is waited for too.
 */
export async function graceTimePasses(stack: RunningStack): Promise<void> {
  await graceTimeBegins(stack);
  for (let until = await graceEnd(stack); until !== null; until = await graceEnd(stack)) {
    await clockReaches(stack, until);
    await eventually(
      () => graceEnd(stack),
      (end) => end === null || end > until,
    );
  }
}

/** When the grace time of all that is expiring is over; null: nothing is expiring. */
async function graceEnd(stack: RunningStack): Promise<Date | null> {
  const [row] = await stack.sql<{ until: Date | null }>(
    "SELECT max(expiring_until) AS until FROM adyton.recovery_points WHERE state = 'expiring'",
  );
  return row?.until ?? null;
}

async function clockReaches(stack: RunningStack, at: Date): Promise<void> {
  const [row] = await stack.sql<{ seconds: number }>(
    'SELECT extract(epoch FROM $1::timestamptz - adyton.now())::float AS seconds',
    [at.toISOString()],
  );
  const seconds = Math.ceil(row?.seconds ?? 0) + 1;
  if (seconds > 0) await stack.moveClock(seconds);
}

/** Releases that a test has seen the end of. */
const seen = new Set<string>();

/**
 * The end of the next release the scheduler asks for. The clock is moved only over the pause after the last one: a release that is under way
 * would lose its lease.
 */
export async function releaseOnce(stack: RunningStack): Promise<VaultOperation> {
  const unseen = async (): Promise<VaultOperation[]> =>
    (await releases(stack)).filter((operation) => !seen.has(operation.id));
  if ((await unseen()).length === 0) await pauseOver(stack);
  const ended = await eventually(unseen, (all) => all.length > 0 && all.every((o) => o.finishedAt !== null));
  for (const { id } of ended) seen.add(id);
  const [newest] = ended;
  if (newest === undefined) throw new Error('no release was asked for');
  return newest;
}

async function pauseOver(stack: RunningStack): Promise<void> {
  const [row] = await stack.sql<{ until: Date | null }>(
    `SELECT max(created_at) + make_interval(secs => $1) AS until FROM adyton.vault_operations WHERE kind = 'release'`,
    [RELEASE_PAUSE_SECONDS],
  );
  const until = row?.until ?? null;
  if (until !== null) await clockReaches(stack, until);
}

const STEPS_MAX = 6;
/** Until nothing is on its way out any more. */
export async function releaseAll(stack: RunningStack): Promise<void> {
  if (await releaseSome(stack, STEPS_MAX)) return;
  throw new Error(`something is left: ${JSON.stringify(await retentionOf(stack))}`);
}

/** At most so many releases. @returns whether nothing is on its way out any more */
export async function releaseSome(stack: RunningStack, steps: number): Promise<boolean> {
  for (let step = 0; step < steps; step += 1) {
    await untilForgottenByRman(stack);
    const { points, pieces } = await retentionOf(stack);
    const isLeft = points.some((p) => p.state === 'expired') || pieces.underReview + pieces.uncataloged > 0;
    if (!isLeft) return true;
    await releaseOnce(stack);
  }
  return false;
}

async function releases(stack: RunningStack): Promise<VaultOperation[]> {
  const { items } = await callRoute(stack.api, restRoutes.listVaultOperations, { query: { limit: 200 } });
  return items.filter((o) => o.options.kind === 'release');
}

/** Until RMAN has forgotten all it was asked to. */
export async function untilForgottenByRman(stack: RunningStack): Promise<void> {
  await eventually(
    () => retentionOf(stack),
    ({ pieces }) => pieces.uncatalogPending === 0,
  );
}

export async function collect(stack: RunningStack): Promise<VaultOperation> {
  const result = await stack.cli(['-o', 'json', 'vault', 'collect']);
  if (result.code !== 0) throw new Error(`collect ended with ${result.code}: ${result.stderr}`);
  return JSON.parse(result.stdout) as VaultOperation;
}
