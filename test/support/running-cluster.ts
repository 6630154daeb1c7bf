// The product beside a simulated cluster, with words for what happens to its instances.
import { callRoute, restRoutes, type Alert, type RunDetail } from '@adyton/contracts';
import { ClusterControl, type FaultToArm } from './cluster-control';
import { type StackOptions } from '../../stack/src/start-stack';
import { discover, eventually, runStack, QUICK_DURATIONS, type RunningStack } from './running-stack';

export const PRIMARY = 'ORCL1';
export const SECONDARY = 'ORCL2';
const INSTANCES = ['ORCL1', 'ORCL2', 'ORCL3'] as const;
type InstanceName = (typeof INSTANCES)[number];

/** How long RMAN may wait for a lost channel in these tests, seconds; 120 in earnest. */
const LOST_CHANNEL_SECONDS = '6';

export interface RunningCluster extends RunningStack {
  readonly control: ClusterControl;
  /** The instance dies (or hangs) when it comes to the phase. */
  arm(sid: InstanceName, phase: string, options?: FaultToArm): Promise<void>;
  /** Takes back what never struck, starts what is down, and waits until discovery has seen it run. */
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
  const control = new ClusterControl(stack.lab.base);
  await seeRunning(stack, INSTANCES);
  return {
    ...stack,
    control,
    arm: (sid, phase, options) => control.arm(sid, phase, options),
    heal: async () => {
      const struck = await control.heal();
      if (struck.length > 0) await seeRunning(stack, struck);
    },
  };
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
      ADYTON_LOST_CHANNEL_SECONDS: LOST_CHANNEL_SECONDS,
    },
  };
}

/** Looks at the hosts of these instances, until all instances are known to run. */
async function seeRunning(stack: RunningStack, sids: readonly string[]): Promise<void> {
  const hosts = stack.nodes.filter(({ node }) => sids.includes(node.sid)).map(({ host }) => host.name);
  // an agent that looks logs in to its instance, where a login may be what a test waits for
  await Promise.all(hosts.map((host) => discover(stack, host)));
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

/** Instances whose channels each invocation of RMAN opened, in the order of the invocations. */
export async function instancesUsed(stack: RunningStack, run: RunDetail): Promise<string[][]> {
  const [, ...invocations] = (await logOf(stack, run)).split(/^Recovery Manager: Release /m);
  return invocations.map((text) => {
    const opened = [...text.matchAll(/^channel \S+: SID=\d+ instance=(\S+) /gm)];
    return [...new Set(opened.map(([, instance = '']) => instance))].sort();
  });
}
