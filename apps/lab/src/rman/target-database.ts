/**
 * The target of this rman. A running instance is reached over its socket. When none runs, STARTUP makes one inside this
 * process, served to the channels over a private socket: a difference to a real host, where STARTUP leaves background
 * processes behind. It ends with rman; the restored files stay.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Instance } from '../instance/instance';
import { connectInstance, type InstanceClient } from '../instance/ipc-client';
import { type IpcServer, serveInstance } from '../instance/ipc-server';
import { hostPaths, readInstanceFile } from '../instance/oracle-home';
import { RmanError } from './rman-error';

export interface TargetPlace {
  oracleHome: string;
  sid: string;
}

interface OwnInstance {
  instance: Instance;
  server: IpcServer;
  directory: string;
}

export class TargetDatabase {
  /** Undefined: not started. */
  client: InstanceClient | undefined;
  socketPath: string;
  /** Directory of the simulated host. */
  readonly base: string;
  private own: OwnInstance | undefined;

  private constructor(private readonly place: TargetPlace) {
    const file = readInstanceFile(place.oracleHome, place.sid);
    this.base = file?.base ?? dirname(place.oracleHome);
    this.socketPath = file?.ipcSocket ?? '';
  }

  static async connect(place: TargetPlace): Promise<TargetDatabase> {
    const target = new TargetDatabase(place);
    if (target.socketPath !== '') target.client = await connectInstance({ socketPath: target.socketPath });
    return target;
  }

  /** The instance to talk to. Throws RmanError while none is started. */
  get instance(): InstanceClient {
    if (this.client === undefined) throw notStarted();
    return this.client;
  }

  /** Whether the instance died under this rman, or its session was killed. Asks it, so that a death in this moment is seen. */
  async isLost(): Promise<boolean> {
    const { client } = this;
    if (client === undefined) return false;
    if (!client.gone.aborted) await client.identity({}).catch(() => undefined);
    return client.gone.aborted || client.killed.aborted;
  }

  /** Never resolves; rejects with RmanError when the instance dies or the session is killed. */
  untilLost(): Promise<never> {
    const lost = Promise.withResolvers<never>();
    const reject = () => {
      lost.reject(new RmanError(['ORA-03113: end-of-file on communication channel']));
    };
    for (const signal of this.client === undefined ? [] : [this.client.gone, this.client.killed]) {
      if (signal.aborted) reject();
      else signal.addEventListener('abort', reject);
    }
    // Whoever waits hears of it; nobody may.
    lost.promise.catch(() => undefined);
    return lost.promise;
  }

  /** True while the instance lives in this process: its control file came from a backup. */
  get isOwn(): boolean {
    return this.own !== undefined;
  }

  get oracleHome(): string {
    return this.place.oracleHome;
  }

  get archiveDirectory(): string {
    return hostPaths.archive(this.base, this.place.sid);
  }

  /** Where backups on disk lie whose FORMAT names no directory. */
  get backupDirectory(): string {
    return join(this.base, 'fra', this.place.sid, 'backupset');
  }

  /** Where image copies lie whose FORMAT names no directory. */
  get copyDirectory(): string {
    return join(this.base, 'fra', this.place.sid, 'datafile');
  }

  /** Where the instance keeps online logs and temp files. */
  get dataDirectory(): string {
    return hostPaths.oradata(this.base, this.place.sid);
  }

  get dbUniqueName(): string {
    return (
      readInstanceFile(this.place.oracleHome, this.place.sid)?.dbUniqueName ?? this.place.sid.toLowerCase()
    );
  }

  /** Path of the spfile of the instance. */
  get serverParameterFile(): string {
    return join(hostPaths.dbs(this.base), `spfile${this.place.sid}.ora`);
  }

  async startup(mode: 'NOMOUNT' | 'MOUNT' | 'OPEN'): Promise<void> {
    if (this.client !== undefined) {
      await this.client.startup({ mode });
      return;
    }
    const { sid, oracleHome } = this.place;
    const instance = new Instance({ sid, base: this.base, oracleHome, now: () => new Date() });
    const directory = mkdtempSync(join(tmpdir(), 'rman-'));
    const socketPath = join(directory, 's');
    const server = await serveInstance(instance, socketPath);
    this.own = { instance, server, directory };
    this.socketPath = socketPath;
    this.client = await connectInstance({ socketPath });
    await instance.startup(mode);
  }

  /** Ends what this process started; a running instance goes on. */
  async disconnect(): Promise<void> {
    this.client?.close();
    this.client = undefined;
    const own = this.own;
    this.own = undefined;
    if (own === undefined) return;
    if (own.instance.status !== 'DOWN') await own.instance.shutdown('ABORT');
    await own.server.close();
    rmSync(own.directory, { recursive: true, force: true });
  }
}

function notStarted(): RmanError {
  return new RmanError([
    'RMAN-06403: could not obtain a fully authorized session',
    'ORA-01034: ORACLE not available',
  ]);
}
