// A named process of the stack that can be started again after it was stopped or killed; each start appends to one log.
import { ManagedProcess, type ProcessToStart } from './managed-process';

/** The fields of the line a process prints when it is ready. */
export type ReadyFields = Readonly<Record<string, unknown>>;

export class Service {
  private process: ManagedProcess | null = null;

  constructor(private readonly definition: ProcessToStart) {}

  get name(): string {
    return this.definition.name;
  }
  get logFile(): string {
    return this.definition.logFile;
  }
  get isRunning(): boolean {
    return this.process?.isRunning ?? false;
  }
  get pid(): number {
    return this.process?.pid ?? -1;
  }

  /** Starts it, optionally with other environment values; resolves with the fields of its ready line. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<ReadyFields> {
    if (this.isRunning) throw new Error(`${this.name} runs already`);
    this.process = await ManagedProcess.start({
      ...this.definition,
      env: { ...this.definition.env, ...env },
    });
    return this.process.ready;
  }

  async stop(): Promise<void> {
    await this.process?.stop('SIGTERM');
  }

  /** Ends it without warning, as a crash does. */
  async kill(): Promise<void> {
    await this.process?.stop('SIGKILL');
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.signal(signal);
  }
}
