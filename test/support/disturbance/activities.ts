// What the product is asked for during a soak, and how each comes to its end: backups, restores, collections, releases. Whatever ends badly
// has a code, and whatever ends well is whole.
import {
  AdytonError,
  callRoute,
  isErrorCode,
  restRoutes,
  type BackupRequest,
  type VaultOperation,
} from '@adyton/contracts';
import { isTerminal, requestTransitions, runTransitions, type AskedKind } from '@adyton/domain';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  compare,
  DATABASE_NAME,
  eventually,
  getRequest,
  getRun,
  giveUpCopy,
  planRestore,
  runRestorePlan,
  type RunningStack,
} from '../running-stack';
import { type SeededDraw } from './seeded-draw';
import { restorableMarks, type Mark, type SoakWorld } from './soak-world';

interface Ended {
  /** Of the run, the request or the operation; `refused` when nothing of it came to be, `skipped` when there was nothing to do. */
  readonly state: string;
  readonly reason: { readonly code: string; readonly detail: string } | null;
}

export interface Activity {
  readonly name: string;
  /** Asks for it. @returns how its end is waited for. @throws AdytonError when it is refused */
  ask(world: SoakWorld, draw: SeededDraw): Promise<() => Promise<Ended>>;
}

/** Longest wait for the end of what was asked for: leases, retries and rings for what Redis lost are over by then, on a busy machine too, ms. */
export const END_LIMIT_MS = 240_000;
const ENDED_WELL: readonly string[] = ['succeeded', 'degraded', 'skipped'];

function endedWell({ state }: Ended): boolean {
  return ENDED_WELL.includes(state);
}

export function tell({ state, reason }: Ended): string {
  return reason === null ? state : `${state} (${reason.code}: ${reason.detail.slice(0, DETAIL_CHARS)})`;
}
const DETAIL_CHARS = 200;

/** Whatever becomes of it. @throws when it does not end, or ends badly without a code of the catalog */
export async function askFor(
  world: SoakWorld,
  activity: Activity,
  draw: SeededDraw,
): Promise<() => Promise<Ended>> {
  try {
    const end = await activity.ask(world, draw);
    return async () => coded(activity, await end());
  } catch (error) {
    if (!(error instanceof AdytonError)) throw error;
    const refused: Ended = { state: 'refused', reason: { code: error.code, detail: error.message } };
    return async () => coded(activity, refused);
  }
}

function coded({ name }: Activity, ended: Ended): Ended {
  if (endedWell(ended) || (ended.reason !== null && isErrorCode(ended.reason.code))) return ended;
  throw new Error(`I6: ${name} ended ${ended.state} without a reason of the catalog`);
}

/** Undisturbed it ends well at once; after a disturbance the first may be the one that meets what is left of it. @returns what became of it */
export async function mustEndWell(world: SoakWorld, activity: Activity, draw: SeededDraw): Promise<string> {
  const attempt = async (): Promise<Ended> => (await askFor(world, activity, draw))();
  const first = await attempt();
  if (endedWell(first)) return tell(first);
  if (world.disturbedBy === null)
    throw new Error(`${activity.name} ended ${tell(first)}, although nothing disturbed it`);
  const second = await attempt();
  if (endedWell(second)) return `${tell(first)}, then ${tell(second)}`;
  throw new Error(
    `${activity.name} ended badly twice after ${world.disturbedBy}: ${tell(first)}, then ${tell(second)}`,
  );
}

export function backup(kind: AskedKind): Activity {
  return {
    name: `a backup (${kind})`,
    ask: async ({ stack }) => {
      const body = { database: DATABASE_NAME, kind };
      const request = await callRoute(stack.api, restRoutes.createBackupRequest, { body });
      return () => endOfRequest(stack, request);
    },
  };
}

async function endOfRequest(stack: RunningStack, { id }: BackupRequest): Promise<Ended> {
  const request = await eventually(
    () => getRequest(stack, id),
    ({ runId, state }) => runId !== null || isTerminal(requestTransitions, state),
    END_LIMIT_MS,
  );
  if (request.runId === null) return request;
  const { runId } = request;
  return eventually(
    () => getRun(stack, runId),
    ({ state }) => isTerminal(runTransitions, state),
    END_LIMIT_MS,
  );
}

/** Gives back what the database held at one of the marks that must come back, and compares it. */
export const restoreOfAnyMark: Activity = {
  name: 'a restore',
  ask: async (world, draw) => {
    const marks = await restorableMarks(world);
    if (marks.length === 0) return async () => ({ state: 'skipped', reason: null });
    return askToRestore(world, draw.of(marks));
  },
};

export function restoreOf(mark: Mark): Activity {
  return { name: `a restore to SCN ${mark.untilScn}`, ask: (world) => askToRestore(world, mark) };
}

/** @returns how its end is waited for, which throws when files came back otherwise than they were. */
async function askToRestore(world: SoakWorld, mark: Mark): Promise<() => Promise<Ended>> {
  const { stack } = world;
  const directory = join(stack.directory, `restored-${(world.restores += 1)}`);
  const plan = await planRestore(stack, mark.untilScn, directory);
  const request = await runRestorePlan(stack, plan);
  return async () => {
    const ended = await endOfRequest(stack, request);
    if (endedWell(ended)) await expectIdentical(stack, mark, directory);
    rmSync(directory, { recursive: true, force: true });
    giveUpCopy(stack);
    return ended;
  };
}

async function expectIdentical(stack: RunningStack, { untilScn }: Mark, directory: string): Promise<void> {
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  if (dataFiles === 0 || identical !== dataFiles)
    throw new Error(`I1: ${identical} of ${dataFiles} data files came back as they were at SCN ${untilScn}`);
}

export const collection: Activity = operation('collect', { kind: 'collect', dryRun: false });
export const release: Activity = operation('release', { kind: 'release' });

function operation(name: string, body: { kind: 'collect'; dryRun: boolean } | { kind: 'release' }): Activity {
  return {
    name: `a ${name} of the vault`,
    ask: async ({ stack }) => {
      const { id } = await callRoute(stack.api, restRoutes.startVaultOperation, { body });
      return () => endOfOperation(stack, id);
    },
  };
}

function endOfOperation(stack: RunningStack, id: VaultOperation['id']): Promise<Ended> {
  return eventually(
    () => callRoute(stack.api, restRoutes.getVaultOperation, { params: { id } }),
    ({ finishedAt }) => finishedAt !== null,
    END_LIMIT_MS,
  );
}
