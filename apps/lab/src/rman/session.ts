/** What the statements of one rman share: the target, the channels, the settings of the RUN block, the voice. */
import { type SessionId } from '../instance/instance-port';
import { type Until } from './ast';
import { type Channel, type ChannelListener } from './channel';
import { type Printer } from './printer';
import { formatDate } from './rman-date';
import { RmanError } from './rman-error';
import { type RmanJobs } from './rman-jobs';
import { type TargetDatabase } from './target-database';

/** SET commands; those of a RUN block end with it. */
export interface Settings {
  until: Until | null;
  /** By file number or path; null = for the database. */
  newNames: { file: number | string | null; to: string }[];
  autobackupFormat: string;
  /** Data files restored under a new name, for SWITCH DATAFILE ALL. */
  restored: Map<number, string>;
}

export class Session {
  commandId: string | null = null;
  dbid: number | null = null;
  settings: Settings = freshSettings();
  channels: Channel[] = [];
  maintenance: Channel[] = [];
  registered: SessionId | undefined;
  /** Aborts at SIGINT. */
  readonly interrupted = new AbortController();

  constructor(
    readonly target: TargetDatabase,
    readonly printer: Printer,
    readonly jobs: RmanJobs,
    readonly dateFormat: string,
  ) {}

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

  /** The channels a BACKUP or RESTORE may use. Throws RmanError when none was allocated. */
  usableChannels(): Channel[] {
    const usable = this.channels.filter(({ isDead }) => !isDead);
    if (usable.length === 0) {
      throw new RmanError(['RMAN-06012: channel: none allocated (automatic channels are not simulated)']);
    }
    return usable;
  }

  /** A channel for CATALOG, CROSSCHECK, DELETE. */
  maintenanceChannel(): Channel {
    const [channel] = [...this.maintenance, ...this.channels].filter(({ isDead }) => !isDead);
    if (channel === undefined) {
      throw new RmanError(['RMAN-06091: no channel allocated for maintenance (of an appropriate type)']);
    }
    return channel;
  }

  /** What ends with a RUN block. */
  async endRun(): Promise<void> {
    const { channels } = this;
    this.channels = [];
    this.settings = freshSettings();
    for (const channel of channels) {
      await channel.close();
      this.print(`released channel: ${channel.name}`);
    }
  }

  async releaseMaintenance(): Promise<void> {
    const channels = this.maintenance;
    this.maintenance = [];
    for (const channel of channels) {
      await channel.close();
      this.print(`released channel: ${channel.name}`);
    }
  }

  /** SIGINT: jobs under way end with ORA-01013. */
  interrupt(): void {
    this.interrupted.abort();
    for (const channel of [...this.channels, ...this.maintenance]) channel.cancel();
  }
}

function freshSettings(): Settings {
  return { until: null, newNames: [], autobackupFormat: '%F', restored: new Map() };
}
