// Cancels a run and looks for everything it could have left: processes, sessions of the database, pieces that were closed after its end, pieces
// that RMAN lists and the vault lacks.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { isTerminal, runToken, runTransitions } from '@adyton/domain';
import { commandId } from '@adyton/rman';
import { inDatabase, listedPieces, rmanProcesses } from './oracle-host';
import { eventually, getRun, type RunningStack } from './running-stack';

/** From the API's answer to the run's end, ms. */
export const CANCEL_LIMIT_MS = 15_000;
/** The dedup-worker tells of closed pieces every second. */
const REPORT_MS = 10_000;

export interface EndedRun {
  readonly run: RunDetail;
  /** From the API's answer. */
  readonly milliseconds: number;
}

/** @throws AdytonError ADY_RUN_STATE when the run commits, or has ended */
export async function cancel(stack: RunningStack, runId: string): Promise<EndedRun> {
  await callRoute(stack.api, restRoutes.cancelRun, { params: { id: runId } });
  const answered = performance.now();
  const run = await eventually(
    () => getRun(stack, runId),
    ({ state }) => isTerminal(runTransitions, state),
    4 * CANCEL_LIMIT_MS,
  );
  return { run, milliseconds: performance.now() - answered };
}

/** @throws when the run has left anything; @returns what RMAN lists of it, all of it in the vault */
export async function expectNothingLeft(stack: RunningStack, run: RunDetail): Promise<string[]> {
  expect(rmanProcesses(stack)).toEqual([]);
  const sessions = await inDatabase(stack, (database) => database.rmanSessions(commandId(runToken(run.id))));
  expect(sessions).toEqual([]);
  const listed = await listedPieces(stack, run);
  const known = await eventually(
    () => stack.sql<{ handle: string }>('SELECT handle FROM adyton.pieces WHERE run_id = $1', [run.id]),
    (rows) => listed.every((handle) => rows.some((row) => row.handle === handle)),
    REPORT_MS,
  );
  expect(known.map(({ handle }) => handle)).toEqual(expect.arrayContaining(listed));
  await expectNothingClosedSince(stack, run);
  return listed;
}

/** No piece of the run was closed after its end. */
export async function expectNothingClosedSince(stack: RunningStack, run: RunDetail): Promise<void> {
  const late = await stack.sql(
    `SELECT handle FROM adyton.pieces p JOIN adyton.runs r ON r.id = p.run_id
     WHERE r.id = $1 AND p.closed_at > r.finished_at`,
    [run.id],
  );
  expect(late).toEqual([]);
}
