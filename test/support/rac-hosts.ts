// Three simulated hosts of one RAC database, and on each what the product has there as RMAN sees it: the compiled library and the server of
// its socket. The stores of pieces are one, as a vault is. Everything lies in one temporary directory.
import { type PieceInfo, serveSbt, SbtFailure, type SbtServer, type SbtSession } from '@adyton/sbt';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { appMain, sbtLibrary } from '../../stack/src/repository';
import { mustRun, runCommand } from '../../stack/src/run-command';
import { Service } from '../../stack/src/service';
import { ClusterControl } from './cluster-control';

const PASSWORD = 'Lab_password_1';
const TOKEN = 'a-token-of-the-tests';
const NODES = [1, 2, 3] as const;
export type NodeNumber = (typeof NODES)[number];

export interface RmanEnd {
  readonly code: number | null;
  readonly output: string;
}

/** What one host's socket saw. */
export interface HostLog {
  /** Channels that said hello, by the name ADY_CHANNEL gave them. */
  readonly channels: string[];
  readonly closed: string[];
  /** Pieces that never were closed: their channel died. */
  readonly aborted: string[];
}

export class RacHosts {
  readonly pieces = new Map<string, Buffer>();
  readonly logs: Record<NodeNumber, HostLog> = { 1: emptyLog(), 2: emptyLog(), 3: emptyLog() };
  /** Pieces that are being written on any host. */
  openPieces = 0;
  private readonly servers: SbtServer[] = [];
  private readonly control: ClusterControl;
  private scripts = 0;

  private constructor(
    readonly base: string,
    private readonly cluster: Service,
  ) {
    this.control = new ClusterControl(base);
  }

  static async start(): Promise<RacHosts> {
    const base = mkdtempSync(join(tmpdir(), 'rac-'));
    writeFileSync(join(base, 'password'), `${PASSWORD}\n`);
    writeFileSync(join(base, 'token'), TOKEN, { mode: 0o600 });
    const user = ['--backup-user', 'c##adyton', '--backup-password-file', join(base, 'password')];
    const size = ['--size', '24M', '--redo-size', '2M', '--seed', '7'];
    await mustRun(process.execPath, [
      appMain('lab', 'labctl/main'),
      ...['cluster-create', '--base', base, '--db-name', 'ORCL', ...size, ...user],
    ]);
    const cluster = new Service({
      name: 'lab-cluster',
      command: process.execPath,
      args: [appMain('lab', 'cluster/main'), '--base', base],
      readyEvent: 'cluster.open',
      logFile: join(base, 'cluster.log'),
    });
    const hosts = new RacHosts(base, cluster);
    await cluster.start();
    for (const node of NODES) hosts.servers.push(await hosts.serve(node));
    return hosts;
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.close();
    await this.cluster.stop();
    rmSync(this.base, { recursive: true, force: true });
  }

  /** Forgets what the sockets saw; the pieces stay. */
  forget(): void {
    for (const node of NODES) this.logs[node] = emptyLog();
  }

  async labctl(...args: string[]): Promise<string> {
    const program = appMain('lab', 'labctl/main');
    const { code, stdout, stderr } = await runCommand(process.execPath, [
      program,
      ...args,
      '--base',
      this.base,
    ]);
    if (code !== 0) throw new Error(`labctl ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  instance(command: 'start' | 'crash' | 'hang' | 'resume', node: NodeNumber): Promise<unknown> {
    return this.control.instance(command, sidOf(node));
  }

  /** OPEN, DOWN, HANGING …, by instance. */
  async states(): Promise<string[]> {
    const states = await this.control.states();
    return NODES.map((node) => states.get(sidOf(node)) ?? '');
  }

  /** The instance dies (or hangs) when it comes to the phase, `after` times later. */
  arm(node: NodeNumber, phase: string, fault = 'instance-crash', after = 0): Promise<unknown> {
    return this.control.arm(sidOf(node), phase, { fault, after });
  }

  /** Starts what is down and takes back what never struck. */
  async heal(): Promise<void> {
    await this.control.heal();
    this.forget();
  }

  /** ALLOCATE for the channel `c<n>` on instance n, its library on that host's own socket. */
  allocate(node: NodeNumber): string {
    return `ALLOCATE CHANNEL c${node} DEVICE TYPE SBT CONNECT 'c##adyton/${PASSWORD}@${sidOf(node)}' PARMS '${this.parms(node)}';`;
  }

  parms(node: NodeNumber): string {
    const env = [
      `ADY_SOCK=${this.socket(node)}`,
      `ADY_TOKEN_FILE=${join(this.base, 'token')}`,
      'ADY_RUN=run_01TEST',
      `ADY_CHANNEL=c${node}`,
    ];
    return `SBT_LIBRARY=${sbtLibrary},BLKSIZE=262144,ENV=(${env.join(',')})`;
  }

  /** The rman of host 1, connected to instance 1. */
  async rman(script: string, options: { home?: string; sid?: string; env?: Record<string, string> } = {}) {
    const path = join(this.base, `script${++this.scripts}.rman`);
    writeFileSync(path, script);
    const child = spawn(process.execPath, [appMain('lab', 'rman/main'), 'target', '/', `cmdfile=${path}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        ORACLE_HOME: options.home ?? this.home(1),
        ORACLE_SID: options.sid ?? sidOf(1),
        NLS_DATE_FORMAT: 'YYYY-MM-DD HH24:MI:SS',
        ...options.env,
      },
    });
    return endOf(child);
  }

  /** tnsnames.ora of a host's home. */
  netNames(node: NodeNumber): string {
    return readFileSync(join(this.home(node), 'network', 'admin', 'tnsnames.ora'), 'utf8');
  }

  /** The library under its default name, on this host alone. */
  installLibrary(node: NodeNumber): void {
    const directory = join(this.home(node), 'lib');
    mkdirSync(directory);
    copyFileSync(sbtLibrary, join(directory, 'libobk.so'));
  }

  private home(node: NodeNumber): string {
    return join(this.base, `node${node}`, 'oracle_home');
  }

  private socket(node: NodeNumber): string {
    return join(this.base, `node${node}`, 's');
  }

  private serve(node: NodeNumber): Promise<SbtServer> {
    mkdirSync(join(this.base, `node${node}`), { recursive: true });
    return serveSbt({
      socketPath: this.socket(node),
      authorise: async ({ token, channel }) => {
        if (token !== TOKEN) throw new SbtFailure(7501, 'the token is not valid');
        this.logs[node].channels.push(channel);
        return this.session(node);
      },
    });
  }

  private session(node: NodeNumber): SbtSession {
    const { pieces } = this;
    return {
      openPiece: async ({ handle }) => {
        if (pieces.has(handle)) throw new SbtFailure(7503, `${handle} exists`);
        const blocks: Buffer[] = [];
        this.openPieces++;
        return {
          write: (block) => void blocks.push(Buffer.from(block)),
          close: async () => {
            pieces.set(handle, Buffer.concat(blocks));
            this.logs[node].closed.push(handle);
            this.openPieces--;
            return { label: `node${node}`, comment: 'test' };
          },
          abort: async () => {
            this.logs[node].aborted.push(handle);
            this.openPieces--;
          },
        };
      },
      readPiece: async ({ handle }) => {
        let left: Buffer | null = pieces.get(handle) ?? null;
        if (left === null) throw new SbtFailure(7502, `${handle} is not there`);
        return {
          read: async () => {
            const all = left;
            left = null;
            return all;
          },
          close: async () => undefined,
        };
      },
      pieceInfo: async (handles) => handles.map((handle) => infoOf(pieces, handle)),
      removePieces: async (handles) => {
        for (const handle of handles) pieces.delete(handle);
      },
      command: async () => undefined,
      end: async () => undefined,
    };
  }
}

export function sidOf(node: NodeNumber): string {
  return `ORCL${node}`;
}

function emptyLog(): HostLog {
  return { channels: [], closed: [], aborted: [] };
}

function infoOf(pieces: Map<string, Buffer>, handle: string): PieceInfo {
  const bytes = pieces.get(handle)?.length;
  if (bytes === undefined) return { handle, found: false };
  return { handle, found: true, createdAtSeconds: 1_700_000_000, label: 'vault', comment: 'test', bytes };
}

async function endOf(child: ChildProcess): Promise<RmanEnd> {
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const output = child.stdout === null ? '' : await text(child.stdout);
  return { code: await exited, output };
}
