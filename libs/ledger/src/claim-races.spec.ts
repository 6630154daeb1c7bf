// Claim against expiry on a real Postgres: thousands of requests whose windows end while their agents claim and the sweeper sweeps.
// Whoever is first in Postgres time wins, and nothing starts at or after the end of its window.
import { type DatabaseId, type RequestId } from '@adyton/domain';
import { sql } from 'kysely';
import { isRefusal } from './runs';
import { sweepExpiredRequests, sweepLostRuns } from './sweeps';
import { claim, nextId, useLedger } from './testing/ledger-fixture';

/** The design asks for 5,000 here; a nightly run asks for 100,000. */
const RACES = Number(process.env['LEDGER_RACES'] ?? '5000');
const RACES_AT_ONCE = 250;
/** Only what hangs is to be ended: a quiet machine needs a fifth of it and a busy one much more, ms. */
const LIMIT_MS_PER_RACE = 18;
const LIMIT_MS = 180_000;
/** Claims and ends of windows are spread over this long, so that each batch has winners of both kinds, ms. */
const SPREAD_MS = 400;
const CLAIMS_AT_ONCE = 16;
/** How often runs lose their agents in the race for new attempts: more often than a request has starts. */
const LOSING_ROUNDS = 5;
/** A window nobody sees the end of, ms. */
const LONG_WINDOW_MS = 3_600_000;
/** Longest pause of one claimer between two claims, ms. */
const PAUSE_MS = 20;

const fixture = useLedger();
let databases: DatabaseId[];
beforeAll(async () => {
  databases = [];
  for (let i = 0; i < RACES_AT_ONCE; i += 1) databases.push(await fixture.newDatabase());
});

it(
  'S1.5 has exactly one outcome however claim and expiry race, and nothing starts after its window',
  async () => {
    let claims = 0;
    for (let race = 0; race < RACES; race += RACES_AT_ONCE) claims += await raceBatch();
    const { rows } = await sql<{ state: string; count: number }>`
      SELECT state, count(*) FROM adyton.requests GROUP BY state ORDER BY state`.execute(
      fixture.ledger.session,
    );
    const counts = Object.fromEntries(rows.map((r) => [r.state, r.count]));
    expect(Object.keys(counts)).toEqual(['claimed', 'expired']); // the race was one, and nothing else came out
    expect(counts['claimed']).toBe(claims);
    expect((counts['claimed'] ?? 0) + (counts['expired'] ?? 0)).toBe(RACES);
    expect(await violations()).toEqual([]);
  },
  LIMIT_MS + RACES * LIMIT_MS_PER_RACE,
);

it(
  'S1.9 has one active run at most while lost runs are swept and their requests are claimed again',
  async () => {
    const ids = databases.map(() => nextId<RequestId>('req'));
    await insertRequests(ids, LONG_WINDOW_MS);
    const { session } = fixture.ledger;
    let racing = true;
    const sweeping = async (): Promise<void> => {
      while (racing) await sweepLostRuns(session);
    };
    const loseSome = (lane: readonly RequestId[]) =>
      sql`UPDATE adyton.runs SET lease_until = adyton.now() - interval '1 second' WHERE id IN (
      SELECT id FROM adyton.runs WHERE request_id = ANY(${[...lane]}) AND state = 'planning' AND random() < 0.5
      FOR UPDATE SKIP LOCKED)`.execute(session);
    const claiming = Promise.all(
      lanes(ids, CLAIMS_AT_ONCE / 2).map(async (lane) => {
        for (let round = 0; round < LOSING_ROUNDS; round += 1) {
          await Promise.all([claimInTurn(lane), claimInTurn(lane)]); // two doorbells of each request
          await loseSome(lane);
        }
      }),
    ).finally(() => {
      racing = false;
    });
    await Promise.all([claiming, sweeping(), sweeping()]);
    const { rows: attempts } = await sql<{ attempt: number; count: number }>`
    SELECT attempt, count(*) FROM adyton.runs WHERE request_id = ANY(${ids}) GROUP BY attempt ORDER BY attempt`.execute(
      session,
    );
    expect(attempts.map((r) => r.attempt)).toEqual([1, 2, 3]); // all attempts were raced for, and none after the third
    const { rows: wrong } = await sql`
    SELECT q.id, q.state, count(r.id) AS runs, count(r.id) FILTER (WHERE r.state = 'planning') AS active
    FROM adyton.requests q JOIN adyton.runs r ON r.request_id = q.id WHERE q.id = ANY(${ids}) GROUP BY q.id
    HAVING count(r.id) FILTER (WHERE r.state = 'planning') > 1 OR count(DISTINCT r.fence) <> count(r.id)
      OR (count(r.id) FILTER (WHERE r.state = 'planning') = 1) <> (q.state = 'claimed')`.execute(session);
    expect(wrong).toEqual([]);
  },
  LIMIT_MS,
);

/** @returns how many claims were granted. */
async function raceBatch(): Promise<number> {
  const { session } = fixture.ledger;
  const ids = databases.map(() => nextId<RequestId>('req'));
  await insertRequests(ids);
  let racing = true;
  const sweeping = async (): Promise<void> => {
    while (racing) await sweepExpiredRequests(session);
  };
  const claiming = Promise.all(lanes(ids).map((lane) => claimInTurn(lane))).finally(() => {
    racing = false;
  });
  const [answers] = await Promise.all([claiming, sweeping()]);
  await sql`SELECT pg_sleep(greatest(0, extract(epoch FROM max(expires_at) - adyton.now()))) FROM adyton.requests
    WHERE state = 'waiting_for_agent'`.execute(session); // until the last window is over
  while ((await sweepExpiredRequests(session)).length > 0);
  await sql`UPDATE adyton.runs SET state = 'failed' WHERE state = 'planning'`.execute(session);
  return answers.reduce((sum, granted) => sum + granted, 0);
}

/** Fewer claims at a time than the pool has sessions: on a busy machine nobody waits for one in vain. */
function lanes(ids: readonly RequestId[], count = CLAIMS_AT_ONCE): RequestId[][] {
  return Array.from({ length: count }, (_, lane) => ids.filter((_id, i) => i % count === lane));
}

/** @returns how many were granted. */
async function claimInTurn(ids: readonly RequestId[]): Promise<number> {
  let granted = 0;
  for (const id of ids) {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS));
    if (!isRefusal(await claim(fixture, id))) granted += 1;
  }
  return granted;
}

/** One waiting request a database, each with a window that ends at a random moment of the race. */
async function insertRequests(ids: readonly RequestId[], spreadMs = SPREAD_MS): Promise<void> {
  await sql`INSERT INTO adyton.requests
      (id, database_id, operation, trigger, kind, lane, state, principal, expires_at)
    SELECT id, database_id, 'backup', 'scheduled', 'auto', 'data', 'waiting_for_agent', 'system',
      adyton.now() + make_interval(secs => ${spreadMs === SPREAD_MS ? sql`random()` : sql`1`} * ${spreadMs / 1000})
    FROM unnest(${[...ids]}::text[], ${databases}::text[]) AS r(id, database_id)`.execute(
    fixture.ledger.session,
  );
}

/** Requests with a run that are not claimed, claimed ones without exactly one, and runs that began too late. */
async function violations(): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT q.id, q.state, q.expires_at, count(r.id) AS runs, max(r.started_at) AS started_at
    FROM adyton.requests q LEFT JOIN adyton.runs r ON r.request_id = q.id
    GROUP BY q.id
    HAVING count(r.id) <> (q.state = 'claimed')::int OR max(r.started_at) >= q.expires_at`.execute(
    fixture.ledger.session,
  );
  return rows;
}
