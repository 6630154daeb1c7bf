// Discovery on this host: what is configured, what runs, and who it says it is. Every tool has its time, and one that fails or prints
// something unknown is reported instead of stopping the look.
import { INSTANCES_MAX, type DiscoveryReport, type SeenInstance } from '@adyton/contracts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentConfig } from '../config';
import { identifyInstance, writeIdentityScript } from './identify-instance';
import { listInstances, type ListedInstance } from './list-instances';
import { lookAtCluster } from './look-at-cluster';
import { parseListenerStatus, type ListenedInstance as Listened } from './parse-cluster-tools';
import { parseOratab, type OratabEntry } from './parse-host-files';
import { runTool, toolOfHome } from './run-tool';
import { scanProcesses, type RunningInstance } from './scan-processes';
import { ToolLog } from './tool-log';

/** A listener answers at once or is in trouble, ms. */
const LSNRCTL_TIMEOUT_MS = 10_000;
/** Instances asked at a time: each costs a server process and RMAN's memory. */
const ASKED_AT_ONCE = 3;

export type LookSettings = Pick<
  AgentConfig,
  'ADYTON_ORACLE_ETC_DIR' | 'ADYTON_ORACLE_HOMES_BELOW' | 'ADYTON_STATE_DIR'
>;

export async function lookAround(config: LookSettings): Promise<DiscoveryReport> {
  const log = new ToolLog();
  const etcDir = config.ADYTON_ORACLE_ETC_DIR;
  const [oratab, processes, cluster] = await Promise.all([
    readOratab(etcDir, log),
    lookAtProcesses(log),
    lookAtCluster(etcDir, log),
  ]);
  const witnesses = { oratab, processes, cluster };
  const { instances, homeless } = listInstances(witnesses, config.ADYTON_ORACLE_HOMES_BELOW);
  log.noteUnknown(
    'processes',
    homeless.map((sid) => `the home of running instance ${sid} is not to be seen`),
  );
  const listed = instances.slice(0, INSTANCES_MAX);
  const homes = listed.filter((i) => i.running).map((i) => i.oracleHome);
  const listeners = await askListeners([...(cluster === null ? [] : [cluster.gridHome]), ...homes], log);
  return {
    instances: await identifyAll(listed, { config, log, listeners }),
    cluster: cluster?.seen ?? null,
    tools: log.all,
  };
}

async function readOratab(etcDir: string, log: ToolLog): Promise<readonly OratabEntry[]> {
  const path = join(etcDir, 'oratab');
  try {
    const { items, unknownLines } = parseOratab(await readFile(path, 'utf8'));
    log.note('oratab', 'ok');
    log.noteUnknown('oratab', unknownLines);
    return items;
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    log.note('oratab', isAbsent ? 'absent' : 'failed', `${path}: ${String(error)}`);
    return [];
  }
}

async function lookAtProcesses(log: ToolLog): Promise<readonly RunningInstance[]> {
  try {
    const running = await scanProcesses('/proc');
    log.note('processes', 'ok');
    return running;
  } catch (error) {
    log.note('processes', 'failed', String(error));
    return [];
  }
}

/** In a cluster the listener belongs to the grid home, else to a database home. */
async function askListeners(homes: readonly string[], log: ToolLog): Promise<readonly Listened[]> {
  const found: Listened[] = [];
  for (const home of new Set(homes)) {
    const answer = await runTool(toolOfHome(home, 'lsnrctl', ['status'], LSNRCTL_TIMEOUT_MS));
    found.push(...parseListenerStatus(log.noteAnswer('lsnrctl', answer, `lsnrctl status of ${home}`) ?? ''));
  }
  return found;
}

interface Asking {
  readonly config: LookSettings;
  readonly log: ToolLog;
  readonly listeners: readonly Listened[];
}

async function identifyAll(listed: readonly ListedInstance[], asking: Asking): Promise<SeenInstance[]> {
  const scriptFile = await writeIdentityScript(asking.config.ADYTON_STATE_DIR);
  const seen: SeenInstance[] = [];
  for (let at = 0; at < listed.length; at += ASKED_AT_ONCE) {
    const batch = listed.slice(at, at + ASKED_AT_ONCE);
    seen.push(...(await Promise.all(batch.map((i) => describe(i, scriptFile, asking)))));
  }
  return seen;
}

async function describe(
  instance: ListedInstance,
  scriptFile: string,
  { log, listeners }: Asking,
): Promise<SeenInstance> {
  const identity = instance.running ? await identifyInstance(instance, scriptFile, log) : null;
  const offered = listeners.filter((l) => l.sid === instance.sid);
  const ownName = identity?.dbUniqueName.toUpperCase();
  const best = offered.find((l) => l.service.toUpperCase() === ownName) ?? offered[0];
  return {
    ...instance,
    identity,
    connectDescriptor: best === undefined ? null : `${best.host}:${best.port}/${best.service}`,
  };
}
