// A process that plays many hosts. It prints one JSON line when all of them are there, and ends with SIGTERM.
import { createLogger, runProcess, untilAskedToEnd } from '@adyton/runtime';
import { readFileSync } from 'node:fs';
import { startSimulatedHost, type SimulatedHost } from './simulated-host';

/** What the benchmark hands to a load process, in a file of its own: the tokens are secrets. */
export interface LoadOrder {
  readonly controlPlaneUrl: string;
  readonly redisUrl: string;
  readonly stateDir: string;
  readonly hosts: readonly {
    readonly id: Parameters<typeof startSimulatedHost>[0]['hostId'];
    readonly token: string;
  }[];
}

/** Hosts that connect at once; each opens some connections. */
const STARTS_AT_ONCE = 20;

async function main(): Promise<void> {
  const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LoadOrder;
  const log = createLogger({ process: 'load', level: 'warn' });
  const started: SimulatedHost[] = [];
  for (let i = 0; i < order.hosts.length; i += STARTS_AT_ONCE) {
    const batch = order.hosts.slice(i, i + STARTS_AT_ONCE).map(({ id, token }) =>
      startSimulatedHost({
        ...{ hostId: id, redisUrl: order.redisUrl, stateDir: order.stateDir, log },
        endpoint: { baseUrl: order.controlPlaneUrl, token },
      }),
    );
    started.push(...(await Promise.all(batch)));
  }
  process.stdout.write(`${JSON.stringify({ event: 'load.ready', hosts: started.length })}\n`);
  await untilAskedToEnd();
  await Promise.all(started.map((host) => host.stop()));
}

runProcess(main);
