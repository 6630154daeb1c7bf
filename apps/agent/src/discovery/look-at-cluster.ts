// Grid Infrastructure, where the host has it: its nodes, whether the stack is up, and which instances are configured on which node.
import { type SeenCluster } from '@adyton/contracts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  parseDatabaseConfig,
  parseDatabaseNames,
  parseDatabaseStatus,
  parseNodes,
  parseStackCheck,
} from './parse-cluster-tools';
import { parseOlrLocation } from './parse-host-files';
import { runTool, toolOfHome } from './run-tool';
import { type ToolLog } from './tool-log';

/** One call of a cluster tool: a healthy stack answers within two or three seconds, ms. */
const TOOL_TIMEOUT_MS = 20_000;

export interface ClusterView {
  readonly gridHome: string;
  /** Of this host. */
  readonly node: string | null;
  readonly seen: SeenCluster;
  /** By unique name. */
  readonly homes: ReadonlyMap<string, string>;
}

/** @param etcDir `/etc`. @returns null on a host without Grid Infrastructure, or whose stack does not say who is in it. */
export async function lookAtCluster(etcDir: string, log: ToolLog): Promise<ClusterView | null> {
  const gridHome = await findGridHome(etcDir, log);
  if (gridHome === null) return null;
  const tools = new GridTools(gridHome, log);
  const [online, nodes, own] = await Promise.all([tools.isOnline(), tools.nodes([]), tools.nodes(['-l'])]);
  const homes = new Map<string, string>();
  const databases: SeenCluster['databases'] = [];
  for (const dbUniqueName of await tools.databaseNames()) {
    const [oracleHome, instances] = await Promise.all([
      tools.homeOf(dbUniqueName),
      tools.instancesOf(dbUniqueName),
    ]);
    if (oracleHome !== null) homes.set(dbUniqueName, oracleHome);
    databases.push({ dbUniqueName, instances });
  }
  return { gridHome, node: own[0] ?? null, seen: { online, nodes, databases }, homes };
}

async function findGridHome(etcDir: string, log: ToolLog): Promise<string | null> {
  const path = join(etcDir, 'oracle', 'olr.loc');
  try {
    const home = parseOlrLocation(await readFile(path, 'utf8'));
    if (home === null) log.note('cluster-home', 'not-understood', `${path} names no crs_home`);
    else log.note('cluster-home', 'ok', home);
    return home;
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    log.note('cluster-home', isAbsent ? 'absent' : 'failed', isAbsent ? '' : String(error));
    return null;
  }
}

class GridTools {
  constructor(
    private readonly gridHome: string,
    private readonly log: ToolLog,
  ) {}

  async isOnline(): Promise<boolean> {
    const output = await this.run('crsctl', ['check', 'crs']);
    if (output === null) return false;
    const { online, unknownLines } = parseStackCheck(output);
    this.log.noteUnknown('crsctl', unknownLines);
    return online;
  }

  async nodes(options: readonly string[]): Promise<string[]> {
    const output = await this.run('olsnodes', options);
    const { items, unknownLines } = parseNodes(output ?? '');
    this.log.noteUnknown('olsnodes', unknownLines);
    return [...items];
  }

  async databaseNames(): Promise<readonly string[]> {
    const { items, unknownLines } = parseDatabaseNames(
      (await this.run('srvctl', ['config', 'database'])) ?? '',
    );
    this.log.noteUnknown('srvctl', unknownLines);
    return items;
  }

  async homeOf(dbUniqueName: string): Promise<string | null> {
    const output = await this.run('srvctl', ['config', 'database', '-d', dbUniqueName]);
    return output === null ? null : parseDatabaseConfig(output).oracleHome;
  }

  async instancesOf(dbUniqueName: string): Promise<SeenCluster['databases'][number]['instances']> {
    const output = await this.run('srvctl', ['status', 'database', '-d', dbUniqueName, '-v']);
    const { items, unknownLines } = parseDatabaseStatus(output ?? '');
    this.log.noteUnknown('srvctl', unknownLines);
    return [...items];
  }

  private async run(tool: 'crsctl' | 'olsnodes' | 'srvctl', args: readonly string[]): Promise<string | null> {
    const answer = await runTool(toolOfHome(this.gridHome, tool, args, TOOL_TIMEOUT_MS));
    const call = [tool, ...args].join(' ');
    if (answer.kind !== 'absent') return this.log.noteAnswer(tool, answer, call);
    this.log.note(tool, 'failed', `${call}: not in ${this.gridHome}/bin`); // a grid home without it is broken
    return null;
  }
}
