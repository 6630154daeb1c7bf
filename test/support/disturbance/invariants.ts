// The invariants of the product, as a checker asserts them when nothing runs: what it says of each violation is a sentence. I1, that whatever
// can be asked back comes back byte by byte, is a restore and takes its time: see activities.ts; I8 looks for secrets: see leaked-secrets.ts.
import { isErrorCode } from '@adyton/contracts';
import { type RecoveryPointState } from '@adyton/domain';
import { eventually, type RunningStack } from '../running-stack';
import { inDatabase } from '../oracle-host';
import { END_LIMIT_MS } from './activities';
import { type Bucket } from './bucket';
import { findLeakedSecrets } from './leaked-secrets';
import { OUR_HANDLE, type SoakWorld } from './soak-world';

type Invariant = (world: SoakWorld, bucket: Bucket) => Promise<string[]>;

/** In the order in which they are asked: RMAN first, since a piece leaves its records before it leaves the vault. */
const INVARIANTS: Readonly<Record<string, Invariant>> = {
  'I2 every piece that RMAN lists as available is in the vault, or RMAN is about to forget it': listedIsThere,
  'I3 a run makes at most one recovery point, and only one that ended well': onePointPerRun,
  'I4 nothing a recovery point needs is gone, condemned or on its way out': neededIsThere,
  'I5 a run has one end, once': oneEnd,
  'I6 every end has an audit row, and a reason where it is not a success': everyEndHasItsReason,
  'I7 the bucket alone knows the recovery points of the ledger': bucketKnowsPoints,
  'I8 no secret is in a queue, a log, an argument or a script of RMAN': async ({ stack }) =>
    findLeakedSecrets(stack),
};

/** Everything that runs comes to its end first. @returns a sentence for each violation */
export async function violations(world: SoakWorld, bucket: Bucket): Promise<string[]> {
  await nothingRuns(world.stack);
  const found: string[] = [];
  for (const [title, invariant] of Object.entries(INVARIANTS))
    for (const violation of await invariant(world, bucket)) found.push(`${title}: ${violation}`);
  return found;
}

/** @throws naming what is still under way when all that was asked for should have ended */
async function nothingRuns(stack: RunningStack): Promise<void> {
  const open = (): Promise<{ id: string; state: string }[]> =>
    stack.sql(
      `SELECT id, state FROM adyton.runs WHERE state IN ('planning', 'running', 'committing')
       UNION ALL SELECT id, state FROM adyton.requests WHERE state IN ('requested', 'dispatching', 'waiting_for_agent')
       UNION ALL SELECT id, state FROM adyton.vault_operations WHERE state IN ('requested', 'running')`,
    );
  await eventually(open, (rows) => rows.length === 0, END_LIMIT_MS);
}

async function listedIsThere({ stack }: SoakWorld, bucket: Bucket): Promise<string[]> {
  const listed = await inDatabase(stack, (database) => database.backupPieces('%'));
  const known = await stack.sql<{ handle: string; release_state: string }>(
    'SELECT handle, release_state FROM adyton.pieces',
  );
  const states = new Map(known.map(({ handle, release_state }) => [handle, release_state]));
  const ours = listed
    .filter(({ status, handle }) => status === 'A' && OUR_HANDLE.test(handle))
    .map(({ handle }) => handle)
    .filter((handle) => states.get(handle) !== 'uncatalog_pending');
  return [...(await bucket.lacks(ours))].map(
    ([handle, why]) =>
      `${handle} is listed, and the vault cannot give it: ${why} (ledger: ${states.get(handle) ?? 'unknown'})`,
  );
}

async function onePointPerRun({ stack }: SoakWorld, bucket: Bucket): Promise<string[]> {
  const rows = await stack.sql<{ id: string; state: string; points: number }>(
    `SELECT r.id, r.state, count(*)::int AS points FROM adyton.runs r JOIN adyton.recovery_points p ON p.run_id = r.id
     GROUP BY r.id, r.state HAVING count(*) > 1 OR r.state NOT IN ('succeeded', 'degraded')`,
  );
  const runs = (await bucket.manifestKeys()).map((key) => key.replace(/-\d+$/, ''));
  const twice = runs.filter((run, i) => runs.indexOf(run) !== i);
  return [
    ...rows.map(({ id, state, points }) => `run ${id} is ${state} and has ${points} recovery points`),
    ...twice.map((run) => `${run} has two manifests in the bucket`),
  ];
}

interface NeededPiece {
  readonly handle: string;
  /** One of the recovery points that need it. */
  readonly point: string;
  readonly release_state: string | null;
}

/** What recovery points in these states need. */
function neededPieces(stack: RunningStack, states: readonly RecoveryPointState[]): Promise<NeededPiece[]> {
  return stack.sql<NeededPiece>(
    `SELECT n.handle, min(n.id) AS point, min(p.release_state) AS release_state
     FROM (SELECT id, jsonb_array_elements_text(contents->'closure') AS handle
           FROM adyton.recovery_points WHERE state = ANY($1::text[])) n
     LEFT JOIN adyton.pieces p ON p.handle = n.handle GROUP BY n.handle ORDER BY n.handle`,
    [states],
  );
}

async function neededIsThere({ stack }: SoakWorld, bucket: Bucket): Promise<string[]> {
  const needed = await neededPieces(stack, ['available', 'corrupt', 'expiring']);
  const lacks = await bucket.lacks(needed.map(({ handle }) => handle));
  const corrupt = await stack.sql<{ id: string }>(
    "SELECT id FROM adyton.recovery_points WHERE state = 'corrupt'",
  );
  return [
    ...needed
      .filter(({ handle }) => lacks.has(handle))
      .map(({ handle, point }) => `${handle}, which ${point} needs: ${lacks.get(handle) ?? ''}`),
    ...needed
      .filter(({ release_state }) => release_state !== 'kept')
      .map(
        ({ handle, point, release_state }) =>
          `${handle}, which ${point} needs, is ${release_state ?? 'unknown'}`,
      ),
    ...corrupt.map(({ id }) => `${id} was found corrupt`),
  ];
}

/**
 * S5.12: what a DBA or another vendor did to RMAN's records is put right by one good backup of data files; those of a point on its way out are
 * left alone until somebody takes it back. @returns a sentence for each piece
 */
export async function forgottenByRman({ stack }: SoakWorld): Promise<string[]> {
  const listed = await inDatabase(stack, (database) => database.backupPieces('%'));
  // one that somebody made UNAVAILABLE stays so
  const known = new Set(listed.filter(({ status }) => 'AU'.includes(status)).map(({ handle }) => handle));
  return (await neededPieces(stack, ['available']))
    .filter(({ handle }) => !known.has(handle))
    .map(
      ({ handle, point }) =>
        `S5.12: RMAN does not offer ${handle}, which ${point} needs, after a good backup`,
    );
}

interface EndedRow {
  readonly kind: 'run' | 'request' | 'vault-operation';
  readonly id: string;
  readonly state: string;
  readonly code: string | null;
  readonly finished_at: Date | null;
  /** Actions of its audit rows that name a state in which such a thing ends. */
  readonly ends: string[];
}

/** Everything that has ended; a request that was claimed ended with its run. */
function endedRows(stack: RunningStack): Promise<EndedRow[]> {
  return stack.sql<EndedRow>(
    `WITH ended AS (
       SELECT 'run' AS kind, id, state, reason->>'code' AS code, finished_at FROM adyton.runs
       WHERE state IN ('succeeded', 'degraded', 'failed', 'cancelled')
       UNION ALL SELECT 'request', id, state, reason->>'code', finished_at FROM adyton.requests
       WHERE state IN ('failed', 'expired', 'superseded', 'missed', 'cancelled')
       UNION ALL SELECT 'vault-operation', id, state, reason->>'code', finished_at FROM adyton.vault_operations
       WHERE state IN ('succeeded', 'failed'))
     SELECT *, ARRAY(SELECT action FROM adyton.audit_events a WHERE a.subject = ended.id
       AND a.action ~ '\\.(succeeded|degraded|failed|cancelled|expired|superseded|missed)$') AS ends
     FROM ended ORDER BY id`,
  );
}

async function oneEnd({ stack, seenEnds }: SoakWorld): Promise<string[]> {
  return (await endedRows(stack)).flatMap(({ kind, id, state, finished_at }) => {
    const end = `${state} at ${finished_at?.toISOString() ?? 'no time'}`;
    const before = seenEnds.get(id) ?? end;
    seenEnds.set(id, end);
    return [
      ...(finished_at === null ? [`${kind} ${id} is ${state} and has no end`] : []),
      ...(before === end ? [] : [`${kind} ${id} was ${before}, and is ${end}`]),
    ];
  });
}

async function everyEndHasItsReason({ stack }: SoakWorld): Promise<string[]> {
  return (await endedRows(stack)).flatMap(({ kind, id, state, code, ends }) => [
    ...(ends.join() === `${kind}.${state}`
      ? []
      : [`${kind} ${id} is ${state}, and its audit rows say: ${ends.join(', ') || 'nothing'}`]),
    ...(state === 'succeeded' || (code !== null && isErrorCode(code))
      ? []
      : [`${kind} ${id} is ${state} for the reason ${code ?? '(none)'}`]),
  ]);
}

async function bucketKnowsPoints({ stack }: SoakWorld, bucket: Bucket): Promise<string[]> {
  const points = await stack.sql<{ manifest_key: string; state: string }>(
    'SELECT manifest_key, state FROM adyton.recovery_points',
  );
  const found = new Set(await bucket.manifestKeys());
  const known = new Set(points.map(({ manifest_key }) => manifest_key));
  return [
    ...points
      .filter(({ state, manifest_key }) => state !== 'expired' && !found.has(manifest_key))
      .map(({ state, manifest_key }) => `${manifest_key} is ${state} in the ledger and not in the bucket`),
    ...[...found].filter((key) => !known.has(key)).map((key) => `the ledger does not know ${key}`),
  ];
}
