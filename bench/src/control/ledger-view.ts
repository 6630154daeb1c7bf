// What the ledger says of a scenario, asked in SQL beside the product: when each run was due, when it was claimed, how it ended.
import { Client } from 'pg';
import { quantilesOf, type Quantiles } from './quantiles';

export interface DispatchFigures {
  /** Runs that were due. */
  readonly runs: number;
  /** Due but without a run that succeeded. */
  readonly lost: number;
  /** Requests with more than one run, databases with more than one recovery point. */
  readonly twice: number;
  /** Runs that did not succeed, by code of their reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** From due to claimed, both by Postgres time, seconds. */
  readonly lagSeconds: Quantiles;
  /** From the first due to the last claimed, seconds. */
  readonly claimedWithinSeconds: number;
}

export interface LedgerView {
  /** Schedules with a next slot, and doorbells not sent yet. */
  settled(): Promise<{ readonly planned: number; readonly unsent: number }>;
  /** Notes when each schedule comes due, and moves the ledger's clock to so long before the first of them. */
  beginAt(secondsBefore: number): Promise<void>;
  progress(): Promise<{ readonly claimed: number; readonly open: number; readonly ended: number }>;
  figures(): Promise<DispatchFigures>;
  close(): Promise<void>;
}

const DUE = 'bench_due';

export async function openLedgerView(url: string): Promise<LedgerView> {
  const client = new Client({ connectionString: url, application_name: 'bench' });
  await client.connect();
  const one = async <T extends object>(text: string, values: readonly unknown[] = []): Promise<T> => {
    const [row] = (await client.query<T>(text, [...values])).rows;
    if (row === undefined) throw new Error(`no row: ${text}`);
    return row;
  };
  return {
    settled: () =>
      one(`SELECT (SELECT count(*)::int FROM adyton.schedules WHERE next_at IS NOT NULL) AS planned,
        (SELECT count(*)::int FROM adyton.outbox WHERE relayed_at IS NULL)
          + (SELECT count(*)::int FROM adyton.databases WHERE dbid IS NULL) AS unsent`),
    beginAt: async (secondsBefore) => {
      await client.query(
        `CREATE TABLE ${DUE} AS SELECT id AS schedule_id, database_id, next_at AS due_at FROM adyton.schedules`,
      );
      await client.query(
        `UPDATE adyton.clock_offset SET "offset" = "offset" + ((SELECT min(due_at) FROM ${DUE}) - adyton.now())
           - make_interval(secs => $1)`,
        [secondsBefore],
      );
    },
    progress: () =>
      one(`SELECT (SELECT count(*)::int FROM adyton.requests WHERE state = 'claimed') AS claimed,
        (SELECT count(*)::int FROM adyton.runs WHERE state IN ('planning', 'running', 'committing')) AS open,
        (SELECT count(*)::int FROM adyton.runs WHERE finished_at IS NOT NULL) AS ended`),
    figures: async () => {
      const { rows } = await client.query<{ lag: number; claimed_after: number }>(LAGS);
      const counts = await one<{ runs: number; good: number; twice: number }>(COUNTS);
      const failures = (await client.query<{ code: string; count: number }>(FAILURES)).rows;
      return {
        failures: Object.fromEntries(failures.map((row) => [row.code, row.count])),
        runs: counts.runs,
        lost: counts.runs - counts.good,
        twice: counts.twice,
        lagSeconds: quantilesOf(rows.map((row) => row.lag)),
        claimedWithinSeconds: Math.max(...rows.map((row) => row.claimed_after)),
      };
    },
    close: () => client.end(),
  };
}

const LAGS = `
  SELECT extract(epoch FROM min(r.started_at) - d.due_at)::float AS lag,
    extract(epoch FROM min(r.started_at) - (SELECT min(due_at) FROM ${DUE}))::float AS claimed_after
  FROM ${DUE} d JOIN adyton.requests q ON q.schedule_id = d.schedule_id JOIN adyton.runs r ON r.request_id = q.id
  GROUP BY d.schedule_id, d.due_at`;

const FAILURES = `
  SELECT coalesce(reason->>'code', state) AS code, count(*)::int AS count FROM adyton.runs WHERE state <> 'succeeded' GROUP BY 1`;

const COUNTS = `
  SELECT (SELECT count(*)::int FROM ${DUE}) AS runs,
    (SELECT count(DISTINCT d.schedule_id)::int FROM ${DUE} d JOIN adyton.requests q ON q.schedule_id = d.schedule_id
       JOIN adyton.runs r ON r.request_id = q.id WHERE r.state = 'succeeded') AS good,
    (SELECT count(*)::int FROM (SELECT 1 FROM adyton.runs GROUP BY request_id HAVING count(*) > 1) t)
      + (SELECT count(*)::int FROM (SELECT 1 FROM adyton.recovery_points GROUP BY database_id HAVING count(*) > 1) t) AS twice`;
