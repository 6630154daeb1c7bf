/** What the statements of one rman share: the target, the channels, the settings of the RUN block, the voice. */
import { type FaultName } from '../faults/rman-fault-catalog';
import { faultLines } from '../faults/rman-faults';
import { type SessionId } from '../instance/instance-port';
import { type DeviceType, type NewNameFor, type Until } from './ast';
import { type Channel, type ChannelListener } from './channel';
import { type Printer } from './printer';
import { formatDate } from './rman-date';
import { RmanError } from './rman-error';
import { type RmanJobs } from './rman-jobs';
import { type TargetDatabase } from './target-database';

/** SET commands; those of a RUN block end with it. */
export interface Settings {
  until: Until | null;
  newNames: { of: NewNameFor; to: string }[];
  /** By device; without an entry what CONFIGURE says. */
  autobackupFormats: Map<DeviceType, string>;
  backupCopies: number | null;
  archiveDestination: string | null;
  /** SET MAXCORRUPT, by data file as it was named. */
  corruptMax: Map<number | string, number>;
  /** Data files restored under a new name, for SWITCH DATAFILE ALL. */
  restored: Map<number, string>;
}

export class Session {
  commandId: string | null = null;
  dbid: number | null = null;
  /** SET ENCRYPTION; null: as configured. */
  encryption: boolean | null = null;
  echo = true;
  /** Command files under way inside each other. */
  scriptDepth = 0;
  settings: Settings = freshSettings();
  /** Channels of ALLOCATE in the RUN block under way. */
  channels: Channel[] = [];
  /** Channels made from CONFIGURE; they stay until rman ends. */
  automatic: Channel[] = [];
  maintenance: Channel[] = [];
  /** Channels of ALLOCATE AUXILIARY, at the auxiliary instance. */
  auxiliaries: Channel[] = [];
  private auxiliaryDatabase: TargetDatabase | undefined;
  registered: SessionId | undefined;
  /** False until CONNECT TARGET, when rman was started without a target. */
  isConnected = false;
  /** `user/password` of CONNECT TARGET, which channels with `CONNECT '@place'` log in with; null: the operating system's. */
  login: string | null = null;
  /** Set by an error after which rman can do nothing more. */
  isFatal = false;
  /** The error stack of that. */
  fatalLines: string[] = [];
  /** Aborts at SIGINT. */
  readonly interrupted = new AbortController();

  constructor(
    readonly target: TargetDatabase,
    readonly printer: Printer,
    readonly jobs: RmanJobs,
    readonly dateFormat: string,
  ) {}

  /** The instance DUPLICATE makes its database of. Throws RmanError while none is connected. */
  get auxiliary(): TargetDatabase {
    if (this.auxiliaryDatabase === undefined) {
      throw new RmanError(['RMAN-06174: not connected to auxiliary database']);
    }
    return this.auxiliaryDatabase;
  }

  set auxiliary(database: TargetDatabase) {
    this.auxiliaryDatabase = database;
  }

  get hasAuxiliary(): boolean {
    return this.auxiliaryDatabase !== undefined;
  }

  /** Its instance goes on, like the target's. */
  async disconnectAuxiliary(): Promise<void> {
    await this.releaseAuxiliaries();
    this.auxiliaryDatabase?.disconnect();
  }

  now(): Date {
    return new Date();
  }

  dateNow(): string {
    return formatDate(this.now(), this.dateFormat);
  }

  print(...lines: string[]): void {
    this.printer.print(...lines);
  }

  /** What a channel says goes to the output and into the figures of the job. */
  get listener(): ChannelListener {
    return {
      print: (lines) => {
        this.printer.print(...lines);
      },
      count: (inputBytes, outputBytes) => {
        this.jobs.count(inputBytes, outputBytes);
      },
    };
  }

  /** The channels a command under way may use. Throws RmanError when there is none. */
  usableChannels(): Channel[] {
    const channels = this.channels.length > 0 ? this.channels : this.automatic;
    const usable = channels.filter(({ isDead }) => !isDead);
    if (usable.length === 0) {
      throw new RmanError(['RMAN-06012: channel: none allocated']);
    }
    return usable;
  }

  /** One channel is released by name. */
  forget(channel: Channel): void {
    this.channels = this.channels.filter((known) => known !== channel);
    this.auxiliaries = this.auxiliaries.filter((known) => known !== channel);
  }

  /** What ends with a RUN block. */
  async endRun(): Promise<void> {
    const channels = [...this.channels, ...this.auxiliaries];
    this.channels = [];
    this.auxiliaries = [];
    this.settings = freshSettings();
    await this.closeAll(channels);
  }

  async releaseMaintenance(): Promise<void> {
    const channels = this.maintenance;
    this.maintenance = [];
    await this.closeAll(channels);
  }

  async releaseAuxiliaries(): Promise<void> {
    const channels = this.auxiliaries;
    this.auxiliaries = [];
    await this.closeAll(channels);
  }

  /** Silent, as the end of rman is. */
  async releaseAutomatic(): Promise<void> {
    const channels = this.automatic;
    this.automatic = [];
    for (const channel of channels) await channel.close();
  }

  /** SIGINT: jobs under way end with ORA-01013. */
  interrupt(): void {
    this.interrupted.abort();
    for (const channel of this.allChannels) channel.cancel();
  }

  /** The instance of rman itself is gone: its channels are given up. */
  lose(how: FaultName = 'target-lost'): void {
    this.isFatal = true;
    this.fatalLines = faultLines(how);
    for (const channel of this.allChannels) channel.cancel();
  }

  private get allChannels(): Channel[] {
    return [...this.channels, ...this.automatic, ...this.maintenance, ...this.auxiliaries];
  }

  private async closeAll(channels: Channel[]): Promise<void> {
    for (const channel of channels) {
      await channel.close();
      if (!this.isFatal) this.print(`released channel: ${channel.name}`);
    }
  }
}

function freshSettings(): Settings {
  return {
    until: null,
    newNames: [],
    autobackupFormats: new Map(),
    backupCopies: null,
    archiveDestination: null,
    corruptMax: new Map(),
    restored: new Map(),
  };
}
