/**
 * A simulated host for the specs of rman: a small open database, the disk library compiled, and the real rman of the lab as a
 * process of its own. Everything lies in one temporary directory.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlFile } from '../../control-file/control-file';
import { connectInstance, type InstanceClient } from '../../instance/ipc-client';
import { hostPaths, type InstanceFile, readInstanceFile } from '../../instance/oracle-home';
import { waitUntilGone } from '../../instance/start-instance';
import { buildLab } from '../../instance/testing/build-lab';

const SID = 'ORCL';

export interface RmanRun {
  code: number | null;
  output: string;
  /** Output by line. */
  lines: string[];
}

export class LabHost {
  private instance: ChildProcess | undefined;
  private scripts = 0;

  private constructor(
    private readonly built: string,
    readonly base: string,
    /** The disk library of the specs. */
    readonly library: string,
  ) {}

  /** Creates the database (8 files of 24 MiB together unless told otherwise) and opens it. */
  static async create(options: { bytes?: number; pdbs?: number } = {}): Promise<LabHost> {
    const built = await buildLab();
    const base = mkdtempSync(join(tmpdir(), 'lab-rman-'));
    const library = join(base, 'libdisksbt.so');
    const source = join(__dirname, '../../sbt/testing/disk-sbt.c');
    const compiled = spawnSync('gcc', ['-shared', '-fPIC', '-o', library, source], { encoding: 'utf8' });
    if (compiled.status !== 0) throw new Error(compiled.stderr);
    mkdirSync(join(base, 'pieces'));
    const host = new LabHost(built, base, library);
    const size = String(options.bytes ?? 24 * 1024 * 1024);
    const more = options.pdbs === undefined ? [] : ['--pdbs', String(options.pdbs)];
    host.labctl(
      'create',
      ...['--size', size, '--redo-size', '2097152', '--seed', '7', '--dbid', '1565056049', ...more],
    );
    await host.start();
    return host;
  }

  get sbtDirectory(): string {
    return join(this.base, 'pieces');
  }

  get file(): InstanceFile {
    const file = readInstanceFile(hostPaths.oracleHome(this.base), SID);
    if (file === undefined) throw new Error('the host has no instance');
    return file;
  }

  /** `command` may be of two words, as `fault arm`. */
  labctl(command: string, ...args: string[]): string {
    const program = join(this.built, 'labctl/main.js');
    const argv = [program, ...command.split(' '), '--base', this.base, ...args];
    const run = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`labctl ${command}: ${run.stderr}${run.stdout}`);
    return run.stdout;
  }

  async start(): Promise<void> {
    const argv = [join(this.built, 'instance/main.js'), '--base', this.base, '--sid', SID];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.instance = child;
    await new Promise<void>((done, fail) => {
      child.stdout.once('data', () => {
        done();
      });
      child.once('exit', (code) => {
        fail(new Error(`the instance ended with ${String(code)}`));
      });
    });
  }

  async stop(): Promise<void> {
    const child = this.instance;
    this.instance = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.endInstance();
    rmSync(this.base, { recursive: true, force: true });
  }

  /** Ends the instance that a STARTUP of rman left running, if there is one. */
  async endInstance(base = this.base, sid = SID): Promise<void> {
    const file = readInstanceFile(hostPaths.oracleHome(base), sid);
    const client = file === undefined ? undefined : await connectInstance({ socketPath: file.ipcSocket });
    if (client === undefined) return;
    const { pid } = await client.identity({});
    await client.shutdown({ mode: 'ABORT' });
    client.close();
    await waitUntilGone(pid);
  }

  async withInstance<T>(work: (client: InstanceClient) => Promise<T>): Promise<T> {
    const client = await connectInstance({ socketPath: this.file.ipcSocket });
    if (client === undefined) throw new Error('nobody listens');
    try {
      return await work(client);
    } finally {
      client.close();
    }
  }

  controlFile(): Promise<ControlFile> {
    return this.withInstance((client) => client.readControlFile({}));
  }

  /** The words behind DEVICE TYPE for a channel of the disk library. */
  sbt(env: Record<string, string> = {}, blockBytes = 262144): string {
    const all = Object.entries({ BACKUP_DIR: this.sbtDirectory, ...env });
    const list = all.map(([name, value]) => `${name}=${value}`).join(',');
    return `DEVICE TYPE 'SBT_TAPE' PARMS 'SBT_LIBRARY=${this.library},BLKSIZE=${blockBytes},ENV=(${list})'`;
  }

  /** Names of the pieces the library keeps. */
  pieces(): string[] {
    return readdirSync(this.sbtDirectory);
  }

  /** Runs a command file. */
  rman(script: string, env: Record<string, string> = {}): RmanRun {
    return this.run(['target', '/', `cmdfile=${this.scriptFile(script)}`], { env });
  }

  /** A command file that only knows the instance of this SID, as its auxiliary. */
  rmanWithoutTarget(script: string, sid: string): RmanRun {
    const args = ['auxiliary', '/', `cmdfile=${this.scriptFile(script)}`];
    return this.run(args, { env: { ORACLE_SID: sid } });
  }

  /** Starts a command file, in a process group of its own as an agent would. */
  startRman(script: string): ChildProcess {
    const program = join(this.built, 'rman/main.js');
    return spawn(process.execPath, [program, 'target', '/', `cmdfile=${this.scriptFile(script)}`], {
      env: this.environment({}),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }

  /** Runs statements from standard input. */
  interactive(script: string): RmanRun {
    return this.run(['target', '/'], { input: script });
  }

  private run(args: string[], options: { env?: Record<string, string>; input?: string }): RmanRun {
    const program = join(this.built, 'rman/main.js');
    const run = spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      input: options.input ?? '',
      env: this.environment(options.env ?? {}),
      maxBuffer: 64 * 1024 * 1024,
    });
    const output = `${run.stdout}${run.stderr}`;
    return { code: run.status, output, lines: output.split('\n') };
  }

  private scriptFile(script: string): string {
    const path = join(this.base, `script${++this.scripts}.rman`);
    writeFileSync(path, script);
    return path;
  }

  private environment(more: Record<string, string>): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      ORACLE_HOME: hostPaths.oracleHome(this.base),
      ORACLE_SID: SID,
      NLS_DATE_FORMAT: 'YYYY-MM-DD HH24:MI:SS',
      ...more,
    };
  }
}
