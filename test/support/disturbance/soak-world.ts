// A product under disturbance: what the steps of a soak work on, and what they and the checks have to remember of what went before.
import { callRoute, restRoutes } from '@adyton/contracts';
import { addSecondVendor, type SecondVendor } from '../second-vendor';
import {
  backUp,
  changeRows,
  DATABASE_NAME,
  markNow,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../running-stack';
import { DAYS_PASS } from '../retention';
import { type SeededDraw } from './seeded-draw';

/** A run whose agent is gone lives so long by the ledger's clock. */
export const LEASE_SECONDS = 30;
/** A point that was let go can be taken back for this long; more of it, and the clock would leave the days for which RMAN's records are compared. */
const GRACE_HOURS = '1';

/** What the handle of a piece of ours begins with, and nobody else's. */
export const OUR_HANDLE = /^[0-9a-f]{8}\//;

const SETTINGS = {
  'control-plane': {
    ADYTON_LEASE_SECONDS: String(LEASE_SECONDS),
    ADYTON_CLAIM_SECONDS: String(LEASE_SECONDS),
    ADYTON_RETENTION_GRACE_HOURS: GRACE_HOURS,
  },
  scheduler: { ...DAYS_PASS.scheduler, ADYTON_RETENTION_GRACE_HOURS: GRACE_HOURS },
  // a store that hangs holds a run up for seconds instead of minutes
  'dedup-worker': { ADYTON_CLOSE_DEADLINE_SECONDS: '30', ADYTON_UPLOAD_STALL_SECONDS: '10' },
};

/** What the database held at a moment, which must come back as long as the points that lead to it are there. */
export interface Mark {
  readonly untilScn: string;
  /** The newest recovery point of data files at that moment. */
  readonly basePoint: string;
  /** The newest recovery point of any kind: the first after it holds the logs that lead to the mark. */
  readonly lastPoint: string;
}

export interface SoakWorld {
  readonly stack: RunningStack;
  readonly vendor: SecondVendor;
  readonly marks: Mark[];
  /** What may make the next backup fail, once: a backup of data files that ended well clears it. */
  disturbedBy: string | null;
  /** Archived logs that only others had backed up may be gone before this point: restores lead on from points after it. */
  logsGoneBefore: string;
  /** State and end by id of everything that was seen ended: none of it may change any more. */
  readonly seenEnds: Map<string, string>;
  /** Of directories of restores: each has one of its own. */
  restores: number;
}

/** A small database with a first backup, a policy that keeps two points, and another vendor's library beside ours. */
export async function openSoakWorld(): Promise<SoakWorld> {
  const stack = await runStack({ settings: SETTINGS });
  try {
    return await firstBackup(stack);
  } catch (error) {
    await stack.stop(); // nobody else knows of it yet
    throw error;
  }
}

async function firstBackup(stack: RunningStack): Promise<SoakWorld> {
  expect(await backUp(stack, 'full')).toMatchObject(SUCCEEDED);
  expect(await stack.cli(['policy', 'set', DATABASE_NAME, '--redundancy', '2'])).toMatchObject({ code: 0 });
  return {
    stack,
    vendor: await addSecondVendor(stack),
    marks: [],
    disturbedBy: null,
    logsGoneBefore: '',
    seenEnds: new Map(),
    restores: 0,
  };
}

/** Rows change, and what the database holds then is noted when there is a point to come back to it from. */
export async function changeAndMark(world: SoakWorld, draw: SeededDraw): Promise<void> {
  const { stack, logsGoneBefore } = world;
  await changeRows(stack, draw.below(1_000_000));
  const untilScn = await markNow(stack);
  const [newest] = await stack.sql<{ data: string | null; last: string | null }>(
    `SELECT max(id) FILTER (WHERE level <> 'archivelog' AND state = 'available' AND id > $1) AS data, max(id) AS last
     FROM adyton.recovery_points`,
    [logsGoneBefore],
  );
  if (newest === undefined || newest.data === null || newest.last === null) return;
  world.marks.push({ untilScn, basePoint: newest.data, lastPoint: newest.last });
}

/** Logs were deleted that perhaps only another vendor has: what leads over them cannot be asked back any more. */
export async function logsMayBeGone(world: SoakWorld): Promise<void> {
  const [newest] = await world.stack.sql<{ id: string }>(
    "SELECT coalesce(max(id), '') AS id FROM adyton.recovery_points",
  );
  world.logsGoneBefore = newest?.id ?? '';
  const led = world.marks.filter(({ lastPoint }) => lastPoint < world.logsGoneBefore);
  world.marks.splice(0, world.marks.length, ...led);
}

/** Marks whose every point from the base to the one that holds the last log is there: each of them must come back. */
export async function restorableMarks({ stack, marks }: SoakWorld): Promise<Mark[]> {
  const points = await stack.sql<{ id: string; state: string }>(
    'SELECT id, state FROM adyton.recovery_points ORDER BY id',
  );
  return marks.filter(({ basePoint, lastPoint }) => {
    const end = points.findIndex(({ id }) => id > lastPoint);
    const begin = points.findIndex(({ id }) => id === basePoint);
    return end > 0 && points.slice(begin, end + 1).every(({ state }) => state === 'available');
  });
}

/** What the database held last. @throws when nothing leads to it */
export async function newestMark(world: SoakWorld): Promise<Mark> {
  const mark = world.marks.at(-1);
  if (mark === undefined || !(await restorableMarks(world)).includes(mark))
    throw new Error('I1: no recovery points lead to what the database held last');
  return mark;
}

/** Ids of recovery points that somebody can take or let go of hold of. */
export async function availablePoints({ stack }: SoakWorld): Promise<{ id: string; held: boolean }[]> {
  const { items } = await callRoute(stack.api, restRoutes.listRecoveryPoints, {});
  return items
    .filter(({ state }) => state === 'available')
    .map(({ id, hold }) => ({ id, held: hold !== null }));
}
