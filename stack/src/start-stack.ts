// The whole product on one machine: Redis, Postgres, the lab, and the five processes of Adyton, all on loopback.
// The demo, `make up`, the workflow tests and the benchmarks use it.
import { callRoute, restRoutes, type Database, type EnrolledHost } from '@adyton/contracts';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Endings } from './endings';
import { appMain, sbtLibrary } from './repository';
import { mustRun, runCommand, type CommandOptions, type CommandResult } from './run-command';
import { secretIn, writeSecret } from './secret-file';
import { Service } from './service';
import { LAB_SID, startLab, type Lab, type LabNode, type LabOptions } from './start-lab';
import { startPostgres, type PostgresServer } from './start-postgres';
import { startRedis, type RedisServer } from './start-redis';

export interface StackOptions {
  /** Everything the stack keeps lies below; it is made when missing. */
  readonly directory: string;
  readonly databaseBytes: string;
  /** The ledger survives a stop; otherwise it goes with it. */
  readonly keepLedger?: boolean;
  /** False: the ledger's server skips fsync, which nothing but a crash of the machine would show. */
  readonly durable?: boolean;
  readonly storeBytesMax?: number;
  /** The database is a cluster of so many instances, each on a host with an agent and a dedup-worker of its own. */
  readonly instances?: number;
  /** Shape of the database, see LabOptions. */
  readonly shape?: Pick<LabOptions, 'pdbs' | 'noarchivelog' | 'mixed'>;
  /** Extra settings by process name. */
  readonly settings?: Readonly<Partial<Record<ProductProcess, Readonly<Record<string, string>>>>>;
  readonly say?: (text: string) => void;
}

type ProductProcess = 'control-plane' | 'scheduler' | 'maintenance' | 'agent' | 'dedup-worker';
export const DATABASE_NAME = 'ORCL';

/** A database host of the stack with the processes of the product on it. */
interface StackNode {
  readonly node: LabNode;
  readonly host: EnrolledHost;
  readonly services: Readonly<Record<'agent' | 'dedup-worker', Service>>;
}

export interface Stack {
  readonly url: string;
  readonly tokenFile: string;
  readonly lab: Lab;
  /** The host the database is registered on. */
  readonly host: EnrolledHost;
  /** All database hosts, that one first. */
  readonly nodes: readonly StackNode[];
  readonly database: Database;
  readonly services: Readonly<Record<ProductProcess, Service>>;
  readonly ledgerUrl: string;
  readonly redisUrl: string;
  /** For tests that take them away and bring them back. */
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly logsDir: string;
  /** Runs the CLI against this stack. */
  cli(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Ends every process, the youngest first. */
  stop(): Promise<void>;
}

interface Foundation {
  readonly ledgerUrl: string;
  readonly redisUrl: string;
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly lab: Lab;
  readonly logsDir: string;
  readonly controlDir: string;
  readonly socketDir: string;
}

/**
 * Settings of Node and the C library for the dedup-worker, as its image and its systemd unit have them: large buffers that nobody uses any
 * more are given back soon, and freed memory is not kept once per thread.
 */
export const DEDUP_WORKER_MEMORY = { NODE_OPTIONS: '--max-semi-space-size=2', MALLOC_ARENA_MAX: '2' };

export async function startStack(options: StackOptions): Promise<Stack> {
  const endings = new Endings();
  try {
    return await startAll(options, endings);
  } catch (error) {
    await endings.run();
    throw error;
  }
}

async function startAll(options: StackOptions, endings: Endings): Promise<Stack> {
  const foundation = await startFoundation(options, endings);
  const controlPlane = controlPlaneService(options, foundation);
  await prepare(options, foundation);
  const ready = await controlPlane.start();
  endings.add(() => controlPlane.stop());
  const url = String(ready['url']);
  const tokenFile = join(foundation.controlDir, 'api-token');
  const api = { baseUrl: url, token: secretIn(tokenFile) };
  const scheduler = schedulerService(options, foundation);
  const maintenance = maintenanceService(options, foundation);
  const nodes: StackNode[] = [];
  for (const node of foundation.lab.nodes) {
    const host = await enrolledHost(foundation, api, node);
    nodes.push({ node, host, services: hostServices(options, foundation, { url, host, node }) });
  }
  const [first] = nodes;
  if (first === undefined) throw new Error('a stack without a database host');
  const { host } = first;
  const hostProcesses = nodes.flatMap(({ services }) => [services['dedup-worker'], services.agent]);
  for (const service of [scheduler, maintenance, ...hostProcesses]) {
    options.say?.(`starting ${service.name}`);
    await service.start();
    endings.add(() => service.stop());
  }
  const database = await registeredDatabase(foundation, api, host);
  return {
    url,
    tokenFile,
    lab: foundation.lab,
    host,
    nodes,
    database,
    services: { 'control-plane': controlPlane, scheduler, maintenance, ...first.services },
    ledgerUrl: foundation.ledgerUrl,
    redisUrl: foundation.redisUrl,
    redis: foundation.redis,
    postgres: foundation.postgres,
    logsDir: foundation.logsDir,
    cli: (args, commandOptions = {}) =>
      runCommand(process.execPath, [appMain('cli'), ...args], {
        ...commandOptions,
        env: { ADYTON_URL: url, ADYTON_TOKEN_FILE: tokenFile, ...commandOptions.env },
      }),
    stop: () => endings.run(),
  };
}

async function startFoundation(options: StackOptions, endings: Endings): Promise<Foundation> {
  const logsDir = join(options.directory, 'logs');
  const controlDir = join(options.directory, 'control');
  for (const directory of [logsDir, controlDir]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const socketDir = mkdtempSync(join(tmpdir(), 'adyton-'));
  endings.add(async () => rmSync(socketDir, { recursive: true, force: true }));
  options.say?.('starting Redis, Postgres and the lab');
  const redis = await startRedis({
    directory: join(options.directory, 'redis'),
    logFile: join(logsDir, 'redis.log'),
  });
  endings.add(() => redis.stop());
  const postgres = await startPostgres({
    ...(options.keepLedger === true ? { directory: join(options.directory, 'postgres') } : {}),
    durable: options.durable ?? true,
    logFile: join(logsDir, 'postgres.log'),
  });
  endings.add(() => postgres.stop());
  const lab = await startLab({
    directory: join(options.directory, 'lab'),
    databaseBytes: options.databaseBytes,
    logsDir,
    ...(options.storeBytesMax === undefined ? {} : { storeBytesMax: options.storeBytesMax }),
    ...(options.instances === undefined ? {} : { instances: options.instances }),
    ...options.shape,
  });
  endings.add(() => lab.stop());
  return {
    ledgerUrl: postgres.url,
    redisUrl: redis.url,
    redis,
    postgres,
    lab,
    logsDir,
    controlDir,
    socketDir,
  };
}

function controlPlaneSettings(foundation: Foundation): Record<string, string> {
  return {
    ...foundation.lab.s3Settings(),
    ADYTON_LEDGER_URL: foundation.ledgerUrl,
    ADYTON_REDIS_URL: foundation.redisUrl,
    ADYTON_VAULT_KEY_FILE: join(foundation.controlDir, 'vault.key'),
    ADYTON_API_TOKEN_FILE: join(foundation.controlDir, 'api-token'),
  };
}

/** Migrations and, on first use, the vault: the step that runs before a control-plane starts. */
async function prepare(options: StackOptions, foundation: Foundation): Promise<void> {
  options.say?.('preparing ledger and vault');
  secretIn(join(foundation.controlDir, 'api-token'));
  await mustRun(process.execPath, [appMain('control-plane', 'prepare')], {
    env: { ...controlPlaneSettings(foundation), ADYTON_VAULT_KEY_CREATE: 'yes' },
  });
}

function controlPlaneService(options: StackOptions, foundation: Foundation): Service {
  return nodeService('control-plane', foundation, 'control-plane.listening', {
    ...controlPlaneSettings(foundation),
    ADYTON_HTTP_PORT: '0',
    ...options.settings?.['control-plane'],
  });
}

function schedulerService(options: StackOptions, foundation: Foundation): Service {
  return nodeService('scheduler', foundation, 'scheduler.ready', {
    ADYTON_LEDGER_URL: foundation.ledgerUrl,
    ADYTON_REDIS_URL: foundation.redisUrl,
    ADYTON_HTTP_PORT: '0',
    ...options.settings?.scheduler,
  });
}

function maintenanceService(options: StackOptions, foundation: Foundation): Service {
  return nodeService('maintenance', foundation, 'maintenance.ready', {
    ...DEDUP_WORKER_MEMORY,
    ...foundation.lab.s3Settings(),
    ADYTON_LEDGER_URL: foundation.ledgerUrl,
    ADYTON_REDIS_URL: foundation.redisUrl,
    ADYTON_VAULT_KEY_FILE: join(foundation.controlDir, 'vault.key'),
    ...options.settings?.maintenance,
  });
}

function hostServices(
  options: StackOptions,
  foundation: Foundation,
  control: { url: string; host: EnrolledHost; node: LabNode },
): Record<'agent' | 'dedup-worker', Service> {
  const { lab } = foundation;
  const suffix = suffixOf(foundation, control.node);
  const shared = (name: string): Record<string, string> => ({
    ADYTON_CONTROL_PLANE_URL: control.url,
    ADYTON_HOST_ID: control.host.id,
    ADYTON_HOST_TOKEN_FILE: writeSecret(hostTokenFile(foundation, control.node), control.host.token),
    ADYTON_REDIS_URL: foundation.redisUrl,
    ADYTON_SBT_SOCKET: join(foundation.socketDir, `sbt${suffix}.sock`),
    ADYTON_STATE_DIR: join(options.directory, `host${suffix}`, name),
  });
  return {
    'dedup-worker': nodeService('dedup-worker', { ...foundation, suffix }, 'dedup-worker.ready', {
      ...DEDUP_WORKER_MEMORY,
      ...shared('dedup-worker'),
      ...lab.s3Settings(),
      ...options.settings?.['dedup-worker'],
    }),
    agent: nodeService('agent', { ...foundation, suffix }, 'agent.ready', {
      ...shared('agent'),
      ADYTON_SBT_LIBRARY: sbtLibrary,
      ADYTON_ORACLE_CREDENTIALS_FILE: lab.credentialsFile,
      ADYTON_ORACLE_ETC_DIR: join(control.node.directory, 'etc'),
      ADYTON_ORACLE_HOMES_BELOW: control.node.directory,
      ...options.settings?.agent,
    }),
  };
}

function nodeService(
  name: ProductProcess,
  { logsDir, suffix = '' }: { logsDir: string; suffix?: string },
  readyEvent: string,
  env: Record<string, string>,
): Service {
  return new Service({
    name: `${name}${suffix}`,
    command: process.execPath,
    args: [name === 'maintenance' ? appMain('dedup-worker', 'maintenance') : appMain(name)],
    env,
    readyEvent,
    logFile: join(logsDir, `${name}${suffix}.log`),
  });
}

/** Empty for the first host, so that a stack with one host has plain names. */
function suffixOf({ lab }: Foundation, node: LabNode): string {
  return lab.nodes[0] === node ? '' : `-${node.name}`;
}

function hostTokenFile(foundation: Foundation, node: LabNode): string {
  return join(foundation.controlDir, `host-token${suffixOf(foundation, node)}`);
}

/** A host of this stack: enrolled once, its token kept beside the API token. */
async function enrolledHost(
  foundation: Foundation,
  api: { baseUrl: string; token: string },
  node: LabNode,
): Promise<EnrolledHost> {
  const { items } = await callRoute(api, restRoutes.listHosts, {});
  const known = items.find((h) => h.name === node.name);
  if (known !== undefined) return { ...known, token: secretIn(hostTokenFile(foundation, node)) };
  return callRoute(api, restRoutes.enrollHost, { body: { name: node.name } });
}

async function registeredDatabase(
  foundation: Foundation,
  api: { baseUrl: string; token: string },
  host: EnrolledHost,
): Promise<Database> {
  const { items } = await callRoute(api, restRoutes.listDatabases, {});
  const known = items.find((d) => d.name === DATABASE_NAME);
  if (known !== undefined) return known;
  return callRoute(api, restRoutes.registerDatabase, {
    body: {
      name: DATABASE_NAME,
      hostId: host.id,
      oracleHome: foundation.lab.oracleHome,
      oracleSid: foundation.lab.nodes[0]?.sid ?? LAB_SID,
      connectDescriptor: foundation.lab.connectDescriptor(),
    },
  });
}
