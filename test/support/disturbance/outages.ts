// What is taken away while the product works, and how it comes back. After `end` everything runs, and what a lease still held has run out.
import { AdytonError, callRoute, restRoutes } from '@adyton/contracts';
import { flushRedis } from '../redis';
import { agentShown, eventually, healStore, type RunningStack, spoilStore } from '../running-stack';
import { type SeededDraw } from './seeded-draw';
import { LEASE_SECONDS } from './soak-world';

export interface Outage {
  readonly name: string;
  begin(stack: RunningStack, draw: SeededDraw): Promise<void>;
  end(stack: RunningStack): Promise<void>;
}

type ProcessName = keyof RunningStack['services'];
/** An operation of the vault whose worker is gone lives so long by the ledger's clock. */
const OPERATION_LEASE_SECONDS = 60;

const OF_THE_STORE: readonly Outage[] = [
  storeThat('is slow', { latencyMs: 400 }),
  storeThat('refuses three requests of ten', { errorRate: 0.3 }),
  storeThat('refuses every request', { errorRate: 1 }),
  storeThat('answers nothing', { hang: true }),
  storeThat('loses its answers to five changes', { lostReply: true, times: 5 }),
  storeThat('breaks five uploads off', { cutPut: true, times: 5 }),
  storeThat('breaks five answers off', { cutBody: true, times: 5 }),
  storeThat('gives one object back with another bit', { flipBitOnGet: true, times: 1 }),
  storeThat('is full', { full: true }),
  storeThat('does not know our key any more', { wrongCredentials: true }),
];

const OF_PROCESSES: readonly Outage[] = [
  killed('agent', agentIsBack),
  killed('dedup-worker'),
  killed('scheduler'),
  killed('maintenance', (stack) => stack.moveClock(OPERATION_LEASE_SECONDS + 1)),
  killed('control-plane'),
  frozen('agent', agentIsBack),
  frozen('dedup-worker'),
];

const OF_SERVERS: readonly Outage[] = [
  {
    name: 'Redis dies and comes back empty',
    begin: async ({ redis }) => void process.kill(redis.pid, 'SIGKILL'),
    end: async (stack) => {
      await stack.redis.restart();
      await agentRuns(stack);
    },
  },
  { name: 'Redis forgets everything', begin: flushRedis, end: agentRuns },
  { name: 'Postgres is restarted', begin: (stack) => stack.restartPostgres(), end: nothing },
];

/** Each an error stack of the lab's rman, once. */
const OF_RMAN: readonly Outage[] = [
  ...['channel-lost', 'target-lost', 'sbt-backup', 'sbt-write2', 'sbt-close2', 'recovery-area-full'],
  ...['no-maintenance-channel', 'sbt-info2', 'sbt-restore'],
].map((fault) => ({
  name: `RMAN meets ${fault}`,
  begin: async ({ lab }) => void (await lab.ctl(['fault', 'arm', fault, '--times', '1'])),
  end: async ({ lab }) => void (await lab.ctl(['fault', 'clear', fault])),
}));

const CANCEL: Outage = { name: 'somebody cancels what runs', begin: cancelWhatRuns, end: nothing };

/** Every kind of trouble as often as any other. */
export const OUTAGE_KINDS: readonly (readonly Outage[])[] = [
  OF_THE_STORE,
  OF_PROCESSES,
  OF_SERVERS,
  OF_RMAN,
  [CANCEL],
];

function storeThat(name: string, faults: Readonly<Record<string, number | boolean>>): Outage {
  return {
    name: `the store ${name}`,
    begin: (stack, draw) => spoilStore(stack, { ...faults, seed: draw.below(1_000_000) }),
    end: healStore,
  };
}

/** Its successor listens where it did. */
function killed(name: ProcessName, afterwards: (stack: RunningStack) => Promise<void> = nothing): Outage {
  return {
    name: `${name} is killed`,
    begin: ({ services }) => services[name].kill(),
    end: async (stack) => {
      await stack.services[name].start(
        name === 'control-plane' ? { ADYTON_HTTP_PORT: new URL(stack.url).port } : undefined,
      );
      await afterwards(stack);
    },
  };
}

function frozen(name: ProcessName, afterwards: (stack: RunningStack) => Promise<void> = nothing): Outage {
  return {
    name: `${name} is stopped and goes on later`,
    begin: async ({ services }) => services[name].signal('SIGSTOP'),
    end: async (stack) => {
      stack.services[name].signal('SIGCONT');
      await afterwards(stack);
    },
  };
}

/** The lease of the run it left runs out. */
async function agentIsBack(stack: RunningStack): Promise<void> {
  await stack.moveClock(LEASE_SECONDS + 1);
  await agentRuns(stack);
}

async function agentRuns(stack: RunningStack): Promise<void> {
  await eventually(
    () => agentShown(stack),
    (agent) => agent === 'running',
  );
}

async function nothing(): Promise<void> {
  // it is over by itself
}

async function cancelWhatRuns(stack: RunningStack): Promise<void> {
  const open = await stack.sql<{ id: string }>(
    "SELECT id FROM adyton.runs WHERE state IN ('planning', 'running')",
  );
  for (const { id } of open)
    try {
      await callRoute(stack.api, restRoutes.cancelRun, { params: { id } });
    } catch (error) {
      if (!(error instanceof AdytonError && error.code === 'ADY_RUN_STATE')) throw error; // too late: it has ended
    }
}
