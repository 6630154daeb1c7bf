// The steps of a soak, each with what it may make fail: the product's own work, the commands of DBAs and of another vendor between it, and
// work during which something is taken away.
import { callRoute, restRoutes } from '@adyton/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { graceTimePasses, releaseSome, retentionOf } from '../retention';
import { DATABASE_NAME, type RunningStack } from '../running-stack';
import {
  askFor,
  backup,
  collection,
  mustEndWell,
  release,
  restoreOf,
  restoreOfAnyMark,
  tell,
  type Activity,
} from './activities';
import { DBA_COMMANDS } from './dba-commands';
import { forgottenByRman } from './invariants';
import { OUTAGE_KINDS, type Outage } from './outages';
import { type SeededDraw } from './seeded-draw';
import { availablePoints, changeAndMark, newestMark, type SoakWorld } from './soak-world';

interface Step {
  readonly name: string;
  readonly weight: number;
  /** `itself`: what it asked for, with a code; and the next backup, once. */
  readonly mayFail: 'nothing' | 'next backup' | 'itself';
  /** @returns what happened, for whoever reads the list of steps. @throws for what must not have */
  play(world: SoakWorld, draw: SeededDraw): Promise<string>;
}

const work = (weight: number, activity: Activity): Step => ({
  name: activity.name,
  weight,
  mayFail: 'nothing',
  play: (world, draw) => mustEndWell(world, activity, draw),
});

/** One that ends well has met whatever disturbances left, and put it right. */
const backupOfDataFiles = (weight: number, kind: 'full' | 'auto'): Step => {
  const step = work(weight, backup(kind));
  return {
    ...step,
    play: async (world, draw) => {
      const became = await step.play(world, draw);
      const forgotten = await forgottenByRman(world);
      if (forgotten.length > 0) throw new Error(forgotten.join('\n'));
      world.disturbedBy = null;
      return became;
    },
  };
};

const CHANGES: Step = {
  name: 'rows change',
  weight: 8,
  mayFail: 'nothing',
  play: async (world, draw) => {
    await changeAndMark(world, draw);
    return `${world.marks.length} marks`;
  },
};

/** For a review, and for what RMAN has forgotten then. More wait for what a cancelled run left and a later one was built on: that stays a week. */
const RELEASES = 3;

const EXPIRY: Step = {
  name: 'points expire, and what only they needed leaves',
  weight: 2,
  mayFail: 'nothing',
  play: async ({ stack }) => {
    if (!(await hasSomethingToExpire(stack))) return 'nothing to expire';
    await graceTimePasses(stack);
    return (await releaseSome(stack, RELEASES)) ? 'expired and released' : 'expired, not all of it released';
  },
};

async function hasSomethingToExpire(stack: RunningStack): Promise<boolean> {
  const params = { database: DATABASE_NAME };
  const { retention } = await callRoute(stack.api, restRoutes.simulatePolicy, { params, body: {} });
  const { points } = await retentionOf(stack);
  return retention.expired.length > 0 || points.some(({ state }) => state === 'expiring');
}

const HOLD: Step = {
  name: 'somebody takes hold of a point, or lets go',
  weight: 1,
  mayFail: 'nothing',
  play: async (world, draw) => {
    const { id, held } = draw.of(await availablePoints(world));
    const { api } = world.stack;
    if (held) await callRoute(api, restRoutes.unholdRecoveryPoint, { params: { id } });
    else
      await callRoute(api, restRoutes.holdRecoveryPoint, { params: { id }, body: { reason: 'audit year' } });
    return `${held ? 'let go' : 'hold'} of ${id}`;
  },
};

/** Asked for, then something goes at a moment of it and comes back some time later. */
const DISTURBED_WORK: Step = {
  name: 'work while something is taken away',
  weight: 10,
  mayFail: 'itself',
  play: async (world, draw) => {
    const activity = draw.weighted(DISTURBED_ACTIVITIES).activity;
    const outage = draw.of(draw.of(OUTAGE_KINDS));
    const [momentMs, lengthMs] = [draw.below(MOMENT_MS_MAX), draw.below(OUTAGE_MS_MAX)];
    const what = `${activity.name}; ${outage.name} after ${momentMs} ms for ${lengthMs} ms`;
    return told(what, async () => {
      await changeAndMark(world, draw);
      const end = await askFor(world, activity, draw);
      await sleep(momentMs);
      await during(world.stack, outage, { draw, lengthMs });
      return tell(await end());
    });
  },
};

const DISTURBED_ACTIVITIES: readonly { readonly activity: Activity; readonly weight: number }[] = [
  { activity: backup('full'), weight: 4 },
  { activity: backup('auto'), weight: 3 },
  { activity: backup('archivelog'), weight: 2 },
  { activity: restoreOfAnyMark, weight: 2 },
  { activity: collection, weight: 2 },
  { activity: release, weight: 1 },
];
/** A run of the small database is over by then. */
const MOMENT_MS_MAX = 6_000;
/** Longer than a stall that a close waits for. */
const OUTAGE_MS_MAX = 12_000;

async function during(
  stack: RunningStack,
  outage: Outage,
  { draw, lengthMs }: { readonly draw: SeededDraw; readonly lengthMs: number },
): Promise<void> {
  try {
    await outage.begin(stack, draw);
    await sleep(lengthMs);
  } finally {
    await outage.end(stack);
  }
}

const COMMAND: Step = {
  name: 'a DBA or another vendor',
  weight: 12,
  mayFail: 'next backup',
  play: async (world, draw) => {
    const command = draw.of(DBA_COMMANDS);
    return told(command.name, () => command.run(world, draw));
  },
};

const STEPS: readonly Step[] = [
  CHANGES,
  backupOfDataFiles(3, 'full'),
  backupOfDataFiles(5, 'auto'),
  work(3, backup('archivelog')),
  work(2, restoreOfAnyMark),
  work(1, collection),
  EXPIRY,
  HOLD,
  COMMAND,
  DISTURBED_WORK,
];

/** @returns what it was and what became of it. @throws with what it was */
async function told(what: string, play: () => Promise<string>): Promise<string> {
  try {
    return `${what}: ${await play()}`;
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** @returns a line for the list of steps */
export async function playStep(world: SoakWorld, draw: SeededDraw): Promise<string> {
  const step = draw.weighted(STEPS);
  const line = await told(step.name, () => step.play(world, draw));
  if (step.mayFail !== 'nothing') world.disturbedBy = line;
  return line;
}

/** After all disturbances have ended: a backup succeeds again, and what the database holds then comes back. */
export async function endOfDisturbances(world: SoakWorld, draw: SeededDraw): Promise<string> {
  await backupOfDataFiles(1, 'auto').play(world, draw);
  await changeAndMark(world, draw);
  await mustEndWell(world, backup('archivelog'), draw);
  return mustEndWell(world, restoreOf(await newestMark(world)), draw);
}
