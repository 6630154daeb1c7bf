// The product beside a simulated cluster, with words for what happens to its instances.
import { callRoute, restRoutes, type Alert, type RunDetail } from '@adyton/contracts';
import { type StackOptions } from '../../stack/src/start-stack';
import { discover, eventually, runStack, QUICK_DURATIONS, type RunningStack } from './running-stack';

export const PRIMARY = 'ORCL1';
export const SECONDARY = 'ORCL2';
const INSTANCES = ['ORCL1', 'ORCL2', 'ORCL3'] as const;
type InstanceName = (typeof INSTANCES)[number];

/** How long RMAN may wait for a lost channel in these tests, seconds; 120 in earnest. */
const LOST_CHANNEL_SECONDS = '6';

export interface RunningCluster extends RunningStack {
  /** The instance dies (or hangs) when it comes to the phase, `after` times later. */
  arm(sid: InstanceName, phase: string, options?: { fault?: string; after?: number }): Promise<void>;
  crash(sid: InstanceName): Promise<void>;
  /** OPEN, DOWN, HANGING … */
  stateOf(sid: InstanceName): Promise<string | undefined>;
  /** Takes back what never struck, starts what is down, and waits until discovery has seen all of them run. */
  heal(): Promise<void>;
}

interface ClusterDurations {
  /** How long an agent may take to claim a request, or to take a run over. */
  readonly claimSeconds: number;
  readonly presenceSeconds: number;
}

/** @param durations short ones where nothing is said; `of-the-product`: every time at its default */
export async function runCluster(durations?: ClusterDurations | 'of-the-product'): Promise<RunningCluster> {
  const stack = await runStack({
    databaseBytes: '24M',
    instances: INSTANCES.length,
    ...(durations === 'of-the-product' ? {} : { settings: quickSettings(durations) }),
  });
  const cluster: RunningCluster = {
    ...stack,
    arm: async (sid, phase, { fault = 'instance-crash', after = 0 } = {}) => {
      await stack.lab.ctl([
        ...['fault', 'arm', fault, '--sid', sid],
        ...['--phase', phase, '--after', String(after)],
      ]);
    },
    crash: async (sid) => void (await stack.lab.ctl(['instance', 'crash', '--sid', sid])),
    stateOf: async (wanted) => {
      const instances = await stack.lab.ctl<{ sid: string; state: string }[]>(['instance', 'status']);
      return instances.find(({ sid }) => sid === wanted)?.state;
    },
    heal: () => heal(stack),
  };
  await heal(stack);
  return cluster;
}

function quickSettings(durations: ClusterDurations | undefined): NonNullable<StackOptions['settings']> {
  const presence =
    durations === undefined ? {} : { ADYTON_PRESENCE_TTL_SECONDS: String(durations.presenceSeconds) };
  const decided =
    durations === undefined ? {} : { ...presence, ADYTON_CLAIM_SECONDS: String(durations.claimSeconds) };
  return {
    ...QUICK_DURATIONS,
    'control-plane': { ...QUICK_DURATIONS['control-plane'], ...decided },
    scheduler: { ...QUICK_DURATIONS.scheduler, ...decided },
    agent: {
      ...QUICK_DURATIONS.agent,
      ...presence,
      ADYTON_INSTANCE_CHECK_SECONDS: '10',
      ADYTON_LOST_CHANNEL_SECONDS: LOST_CHANNEL_SECONDS,
    },
  };
}

async function heal(stack: RunningStack): Promise<void> {
  for (const sid of INSTANCES) {
    await stack.lab.tryCtl(['fault', 'clear', '--sid', sid]);
    await stack.lab.tryCtl(['instance', 'resume', '--sid', sid]);
    await stack.lab.tryCtl(['instance', 'start', '--sid', sid]);
  }
  // an agent that looks logs in to its instance, where a login may be what a test waits for
  await Promise.all(stack.nodes.map(({ host }) => discover(stack, host.name)));
  await eventually(
    async () => (await callRoute(stack.api, restRoutes.listFoundDatabases, {})).items[0],
    (found) =>
      found?.databaseId === stack.database.id &&
      INSTANCES.every((sid) => found.instances.some((i) => i.sid === sid && i.state === 'running')),
  );
}

/** Standing alerts about lost instances of the run. */
export async function lossesAlerted(stack: RunningStack, { id }: RunDetail): Promise<Alert[]> {
  const { items } = await callRoute(stack.api, restRoutes.listAlerts, {});
  return items.filter((a) => a.kind === 'instance_lost' && a.detail.includes(id));
}

/** Instances whose hosts sent bytes for the run. */
export async function hostsOf(stack: RunningStack, { id }: RunDetail): Promise<string[]> {
  const rows = await stack.sql<{ name: string }>(
    `SELECT h.name FROM adyton.run_ingest i JOIN adyton.hosts h ON h.id = i.host_id
      WHERE i.run_id = $1 AND i.bytes_read > 0 ORDER BY h.name`,
    [id],
  );
  return rows.map((row) => row.name);
}

export async function logOf(stack: RunningStack, { id }: RunDetail): Promise<string> {
  const [row] = await stack.sql<{ text: string }>('SELECT text FROM adyton.run_logs WHERE run_id = $1', [id]);
  return row?.text ?? '';
}
