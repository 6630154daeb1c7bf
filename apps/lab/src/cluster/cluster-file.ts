/**
 * `<base>/cluster.json`: what a simulated cluster is. Its hosts are loopback addresses 127.0.1.n with a directory each below the base
 * (home, grid home, oratab); data files, recovery area and truth marks lie in the base itself, which stands for shared storage.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ClusterMember {
  sid: string;
  /** INSTANCE_NUMBER, redo thread and last part of the address. */
  number: number;
  /** Name of the host, `node1`. */
  node: string;
  /** 127.0.1.n */
  address: string;
  oracleHome: string;
  gridHome: string;
}

export interface ClusterFile {
  dbName: string;
  dbUniqueName: string;
  service: string;
  base: string;
  /** Socket of the process that runs all instances. */
  controlSocket: string;
  members: ClusterMember[];
}

/** Instances of a cluster. */
export const MEMBERS_MIN = 2;
export const MEMBERS_MAX = 4;

function clusterFilePath(base: string): string {
  return join(base, 'cluster.json');
}

/** Undefined when the directory holds no cluster. */
export function readClusterFile(base: string): ClusterFile | undefined {
  const path = clusterFilePath(base);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ClusterFile) : undefined;
}

export function writeClusterFile(cluster: ClusterFile): void {
  writeFileSync(clusterFilePath(cluster.base), JSON.stringify(cluster, null, 2) + '\n');
}

/** Directory of one host. */
export function nodeDirectory(base: string, node: string): string {
  return join(base, node);
}
