/** The target of this rman: an instance that is reached over its socket, or one that STARTUP starts, which outlives this rman. */
import { dirname, join } from 'node:path';
import { connectInstance, type InstanceClient } from '../instance/ipc-client';
import { hostPaths, type InstanceFile, passwordFilePath, readInstanceFile } from '../instance/oracle-home';
import { placeInstance } from '../instance/place-instance';
import { startDetached, waitUntilGone } from '../instance/start-instance';
import { RmanError } from './rman-error';

/** The listener of an instance without a place takes one, and tells which. */
const ANY_PORT = 0;

export interface TargetPlace {
  oracleHome: string;
  sid: string;
}

export class TargetDatabase {
  /** Undefined: not started. */
  client: InstanceClient | undefined;
  socketPath: string;
  /** Directory of the simulated host. */
  readonly base: string;

  private constructor(readonly place: TargetPlace) {
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

  get passwordFile(): string {
    return passwordFilePath(this.place.oracleHome, this.place.sid);
  }

  /** Path of the spfile of the instance. */
  get serverParameterFile(): string {
    return join(hostPaths.dbs(this.base), `spfile${this.place.sid}.ora`);
  }

  async isStarted(): Promise<boolean> {
    const answered = this.client?.identity({}).then(
      () => true,
      () => false,
    );
    return answered ?? false;
  }

  /** STARTUP NOMOUNT. The instance is a process of its own from now on, whatever MOUNT and OPEN come to. */
  async start(): Promise<void> {
    // The process of a cluster goes on when its instance is shut down.
    if (this.client !== undefined) {
      await this.client.startup({ mode: 'NOMOUNT' });
      return;
    }
    const { base } = this;
    const { sid, ipcSocket } = this.instanceFile();
    const alertLog = join(hostPaths.dbs(base), `alert_${sid}.log`);
    await startDetached(['--base', base, '--sid', sid, '--nomount'], alertLog);
    this.socketPath = ipcSocket;
    this.client = await connectInstance({ socketPath: ipcSocket });
  }

  /** Needs no preparation, where a real host wants a parameter file. */
  private instanceFile(): InstanceFile {
    const { oracleHome, sid } = this.place;
    const name = sid.toLowerCase();
    return (
      readInstanceFile(oracleHome, sid) ??
      placeInstance(this.base, { sid, dbUniqueName: name, service: name, listenerPort: ANY_PORT })
    );
  }

  async shutdown(mode: 'IMMEDIATE' | 'ABORT'): Promise<void> {
    const { instance } = this;
    const { pid, parallel } = await instance.identity({});
    await instance.shutdown({ mode });
    // The process of a cluster goes on with the other instances.
    if (parallel) return;
    this.disconnect();
    await waitUntilGone(pid);
  }

  /** The instance goes on. */
  disconnect(): void {
    this.client?.close();
    this.client = undefined;
  }
}

function notStarted(): RmanError {
  return new RmanError([
    'RMAN-06403: could not obtain a fully authorized session',
    'ORA-01034: ORACLE not available',
  ]);
}
