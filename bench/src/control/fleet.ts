// The fleet of a scenario: hosts enrolled, databases registered and policies set through the API, as people do it, and the processes that
// play the hosts.
import { callRoute, restRoutes, type ApiEndpoint, type EnrolledHost } from '@adyton/contracts';
import { join } from 'node:path';
import { type Endings } from '../../../stack/src/endings';
import { buildDir } from '../../../stack/src/repository';
import { writeSecret } from '../../../stack/src/secret-file';
import { Service } from '../../../stack/src/service';
import { type ControlTier } from './control-tier';
import { type LoadOrder } from './load-main';

export interface FleetPlan {
  readonly hosts: number;
  readonly databases: number;
  /** The scheduled backup of every database comes due within so many seconds after the slot. */
  readonly jitterSeconds: number;
  readonly loadProcesses: number;
}

/** Every database is due after this slot; the clock of the ledger is moved to it. */
const SLOT_CRON = '0 3 * * *';
/** A day long: nothing expires in a scenario. */
const WINDOW_MINUTES = 24 * 60;
/** Calls in flight while the fleet is set up. */
const CALLS_AT_ONCE = 8;

/** @returns the processes that play the hosts. */
export async function startFleet(
  tier: ControlTier,
  plan: FleetPlan,
  { directory, endings }: { directory: string; endings: Endings },
): Promise<readonly Service[]> {
  const hosts = await enrolHosts(tier.api, plan.hosts);
  const processes: Service[] = [];
  for (let i = 0; i < plan.loadProcesses; i += 1) {
    const service = loadProcess(
      tier,
      directory,
      i,
      hosts.filter((_, n) => n % plan.loadProcesses === i),
    );
    await service.start();
    endings.add(() => service.stop());
    processes.push(service);
  }
  await registerDatabases(tier.api, hosts, plan);
  return processes;
}

function enrolHosts(api: ApiEndpoint, count: number): Promise<EnrolledHost[]> {
  return inTurns(count, (i) => callRoute(api, restRoutes.enrollHost, { body: { name: `host${i}` } }));
}

async function registerDatabases(
  api: ApiEndpoint,
  hosts: readonly EnrolledHost[],
  { databases, jitterSeconds }: FleetPlan,
): Promise<void> {
  await inTurns(databases, async (i) => {
    const host = hosts[i % hosts.length];
    if (host === undefined) throw new Error('a fleet without hosts');
    const name = `DB${i}`;
    await callRoute(api, restRoutes.registerDatabase, {
      body: {
        ...{ name, hostId: host.id, oracleHome: '/u01/app/oracle/home', oracleSid: 'BENCH' },
        ...{ connectDescriptor: 'localhost:1521/BENCH', channels: 2 },
      },
    });
    await callRoute(api, restRoutes.changePolicy, {
      params: { database: name },
      body: {
        policy: {
          ...{ enabled: true, timeZone: 'UTC', fullCron: null, incrementalCron: SLOT_CRON },
          ...{
            logEveryMinutes: null,
            logWhenRecoveryAreaPercent: null,
            deleteLogsAfterHours: null,
            jitterSeconds,
          },
          ...{ expiryWindowMinutes: WINDOW_MINUTES, misfire: 'run-once', bandwidthBytesPerSecond: null },
          retention: { recoveryWindowDays: 7, redundancy: null },
        },
      },
    });
  });
}

function loadProcess(
  { api, redis }: ControlTier,
  directory: string,
  index: number,
  hosts: readonly EnrolledHost[],
): Service {
  const order: LoadOrder = {
    controlPlaneUrl: api.baseUrl,
    redisUrl: redis.url,
    stateDir: join(directory, `load-${index}`),
    hosts: hosts.map(({ id, token }) => ({ id, token })),
  };
  const orderFile = writeSecret(join(directory, `load-${index}.json`), JSON.stringify(order));
  return new Service({
    ...{ name: `load-${index}`, readyEvent: 'load.ready', command: process.execPath },
    args: [join(buildDir, '..', 'dist', 'bench', 'src', 'control', 'load-main.js'), orderFile],
    logFile: join(directory, `load-${index}.log`),
  });
}

/** Does the work for 0 … count-1, some at a time. */
async function inTurns<T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> {
  const results = new Array<T>(count);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      results[i] = await work(i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CALLS_AT_ONCE, count) }, lane));
  return results;
}
