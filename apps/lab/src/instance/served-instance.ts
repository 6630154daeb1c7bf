/**
 * An instance with everything of a process around it: local socket, background processes, its share of the listener, its faults. It can
 * end cleanly, crash or hang, and start again in the same process.
 */
import { HostFaults } from '../faults/host-faults';
import { type RunningListener } from '../listener/listener';
import { type BackgroundProcess, BackgroundProcesses } from './background-processes';
import { type Instance } from './instance';
import { type IpcServer, serveInstance } from './ipc-server';
import { type InstanceFile, writeInstanceFile } from './oracle-home';
import { serveListener } from './serve-listener';

export interface ServedInstanceOptions {
  file: InstanceFile;
  background: readonly BackgroundProcess[];
  /** The instance is lost; what is left to do is the caller's. */
  onCrash: () => void;
  setClockSkew: (milliseconds: number) => void;
}

/** How RMAN's channels call themselves: their server processes die and stop with the instance. */
const CHANNEL_PROGRAM = 'rman@channel';

export class ServedInstance {
  readonly faults: HostFaults;
  private ipc: IpcServer | undefined;
  private listener: RunningListener | undefined;
  private processes: BackgroundProcesses | undefined;
  private isHanging = false;

  constructor(
    readonly instance: Instance,
    private readonly options: ServedInstanceOptions,
  ) {
    this.faults = new HostFaults({
      instance,
      crash: () => this.crash(),
      hang: () => this.hang(),
      closeListener: () => this.closeListener(),
      openListener: () => this.openListener(),
      setClockSkew: options.setClockSkew,
    });
  }

  get file(): InstanceFile {
    return this.options.file;
  }

  get state(): 'DOWN' | 'STARTED' | 'MOUNTED' | 'OPEN' | 'HANGING' {
    return this.isHanging ? 'HANGING' : this.instance.status;
  }

  get listenerPort(): number | null {
    return this.listener?.port ?? null;
  }

  pidOf(name: BackgroundProcess): number | undefined {
    return this.processes?.pid(name);
  }

  async start(mode: 'NOMOUNT' | 'MOUNT' | 'OPEN'): Promise<void> {
    await this.instance.startup(mode);
    const { instance } = this;
    this.ipc = await serveInstance(instance, this.file.ipcSocket, (op, args) =>
      this.faults.strikes(op, args),
    );
    const { oracleHome, sid } = instance.options;
    this.processes = new BackgroundProcesses({ oracleHome, sid }, () => this.crash());
    this.processes.start(this.options.background);
    if (this.listener === undefined) await this.openListener();
  }

  async openListener(): Promise<void> {
    const { file, instance } = this;
    this.listener = await serveListener(instance, file, this.faults);
    instance.listenerPort = this.listener.port;
    // The port is kept, so that a listener that comes back is found where it was.
    if (file.listenerPort === this.listener.port) return;
    file.listenerPort = this.listener.port;
    writeInstanceFile(instance.options.oracleHome, file);
  }

  async closeListener(): Promise<void> {
    const { listener } = this;
    this.listener = undefined;
    await listener?.close();
  }

  /** SHUTDOWN IMMEDIATE. The listener stays: it belongs to the host. */
  async stop(): Promise<void> {
    if (this.isHanging) this.resume();
    await this.instance.shutdown('IMMEDIATE');
    await this.letGo();
  }

  /** What kill -9 of pmon does: nothing is written, every session and server process is gone. */
  crash(): void {
    if (this.instance.status === 'DOWN') return;
    const channels = this.channelProcesses();
    this.isHanging = false;
    void this.instance.shutdown('ABORT');
    this.listener?.disconnectAll();
    for (const pid of channels) signalServerProcess(pid, 'SIGKILL');
    void this.letGo().then(this.options.onCrash);
  }

  /** From now on the instance answers nobody; its processes are there but stopped. */
  hang(): void {
    this.isHanging = true;
    this.instance.hang();
    this.processes?.signal('SIGSTOP');
    for (const pid of this.channelProcesses()) signalServerProcess(pid, 'SIGSTOP');
  }

  resume(): void {
    this.isHanging = false;
    this.processes?.signal('SIGCONT');
    for (const pid of this.channelProcesses()) signalServerProcess(pid, 'SIGCONT');
    this.instance.resume();
  }

  private channelProcesses(): number[] {
    const sessions = this.instance.sessions.rows();
    return sessions.filter(({ program }) => program.startsWith(CHANNEL_PROGRAM)).map(({ spid }) => spid);
  }

  /** After a shutdown that came from inside: listener, socket and background processes go too. */
  async end(): Promise<void> {
    await this.closeListener();
    await this.letGo();
  }

  /** Ends what stands around an instance that is down; the listener stays. */
  async letGo(): Promise<void> {
    this.processes?.end();
    const { ipc } = this;
    this.ipc = undefined;
    await ipc?.close();
  }
}

/** One that is gone already needs no signal. */
function signalServerProcess(pid: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  if (pid === process.pid) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
