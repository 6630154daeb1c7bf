// One list of a host's instances out of three witnesses: the process table says what runs, oratab and the cluster what is configured.
import { type SeenInstance } from '@adyton/contracts';
import { type ClusterView } from './look-at-cluster';
import { type OratabEntry } from './parse-host-files';
import { type RunningInstance } from './scan-processes';

export type ListedInstance = Pick<SeenInstance, 'sid' | 'oracleHome' | 'running' | 'clustered'>;

export interface Witnesses {
  readonly processes: readonly RunningInstance[];
  readonly oratab: readonly OratabEntry[];
  readonly cluster: Pick<ClusterView, 'node' | 'seen' | 'homes'> | null;
}

export interface ListedInstances {
  readonly instances: readonly ListedInstance[];
  /** Running ones of which nobody says where their home is. */
  readonly homeless: readonly string[];
}

/** @param homesBelow instances of other homes are none of this agent's */
export function listInstances(witnesses: Witnesses, homesBelow: string): ListedInstances {
  const { processes, cluster } = witnesses;
  const found = new Map<string, ListedInstance>();
  const homeless: string[] = [];
  for (const { sid, oracleHome, clustered } of processes) {
    const home = oracleHome ?? configuredHome(sid, witnesses);
    if (home === null) homeless.push(sid);
    // one of another home may have the same name, and must not hide the one that is ours
    else if (isBelow(home, homesBelow)) found.set(sid, { sid, oracleHome: home, running: true, clustered });
  }
  for (const database of cluster?.seen.databases ?? []) {
    // this host's own word first: homes may differ from node to node
    const entry = witnesses.oratab.find(({ name }) => isSameName(name, database.dbUniqueName));
    const home = entry?.oracleHome ?? cluster?.homes.get(database.dbUniqueName);
    for (const { sid, node } of database.instances) {
      if (node !== cluster?.node || found.has(sid) || home === undefined) continue;
      found.set(sid, { sid, oracleHome: home, running: false, clustered: true });
    }
  }
  for (const { name, oracleHome } of witnesses.oratab) {
    const isThere =
      found.has(name) || isDatabaseOfCluster(name, cluster) || isShortFor(name, oracleHome, found);
    if (!isThere) found.set(name, { sid: name, oracleHome, running: false, clustered: false });
  }
  return { instances: [...found.values()].filter((i) => isBelow(i.oracleHome, homesBelow)), homeless };
}

function configuredHome(sid: string, { oratab, cluster }: Witnesses): string | null {
  const entry = oratab.find(({ name }) => name === sid || isInstanceOf(sid, name));
  if (entry !== undefined) return entry.oracleHome;
  const database = cluster?.seen.databases.find((d) => d.instances.some((i) => i.sid === sid));
  return cluster?.homes.get(database?.dbUniqueName ?? '') ?? null;
}

function isDatabaseOfCluster(name: string, cluster: Witnesses['cluster']): boolean {
  return cluster?.seen.databases.some((d) => isSameName(name, d.dbUniqueName)) ?? false;
}

function isSameName(a: string, b: string): boolean {
  return a.toUpperCase() === b.toUpperCase();
}

/** In a cluster oratab names the database, and the instances are its name with a number. */
function isShortFor(name: string, oracleHome: string, found: ReadonlyMap<string, ListedInstance>): boolean {
  return [...found.values()].some(
    (i) => i.clustered && i.oracleHome === oracleHome && isInstanceOf(i.sid, name),
  );
}

/** `SALES1` and, with policy-managed databases, `SALES_1` of SALES. */
function isInstanceOf(sid: string, database: string): boolean {
  return sid.startsWith(database) && /^_?\d{1,3}$/.test(sid.slice(database.length));
}

function isBelow(path: string, directory: string): boolean {
  const base = directory.endsWith('/') ? directory : `${directory}/`;
  return `${path}/`.startsWith(base);
}
