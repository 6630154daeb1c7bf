/** The rows of v$rman_status and v$rman_output: one for the session, one for each command that does work. */
import { type TargetDatabase } from './target-database';
import { type Printer } from './printer';

const REPORT_MS = 1000;

interface Row {
  recid: number;
  stamp: number;
  inputBytes: number;
  outputBytes: number;
}

export class RmanJobs {
  private session: Row | undefined;
  private command: Row | undefined;
  private reportedMs = 0;
  private failed = 0;

  constructor(
    private readonly target: TargetDatabase,
    private readonly printer: Printer,
    private readonly sid: () => number,
  ) {}

  /** Opens the session's row once the database is mounted; called before every command. */
  async begin(operation: string, objectType: string | null, commandId: string | null): Promise<void> {
    const { client } = this.target;
    if (client === undefined || (await client.identity({})).status === 'STARTED') return;
    this.session ??= rowOf(
      await client.beginRmanJob({ operation: 'RMAN', session: null, commandId, objectType: null }),
    );
    const { recid, stamp } = this.session;
    this.command = rowOf(
      await client.beginRmanJob({ operation, session: { recid, stamp }, commandId, objectType }),
    );
  }

  count(inputBytes: number, outputBytes: number): void {
    for (const row of [this.session, this.command]) {
      if (row === undefined) continue;
      row.inputBytes += inputBytes;
      row.outputBytes += outputBytes;
    }
    if (performance.now() - this.reportedMs < REPORT_MS) return;
    this.reportedMs = performance.now();
    for (const row of [this.session, this.command]) {
      // Figures that do not arrive are told again with the next.
      if (row !== undefined) this.target.client?.updateRmanJob(row).catch(() => undefined);
    }
    void this.flushOutput();
  }

  async end(status: 'COMPLETED' | 'FAILED' | 'COMPLETED WITH WARNINGS'): Promise<void> {
    const row = this.command;
    this.command = undefined;
    if (status === 'FAILED') this.failed++;
    if (row !== undefined) await this.quietly((client) => client.endRmanJob({ ...row, status }));
  }

  async endSession(): Promise<void> {
    await this.flushOutput();
    const row = this.session;
    this.session = undefined;
    const status = this.failed > 0 ? 'COMPLETED WITH ERRORS' : 'COMPLETED';
    if (row !== undefined) await this.quietly((client) => client.endRmanJob({ ...row, status }));
  }

  private async flushOutput(): Promise<void> {
    const session = this.session;
    if (session === undefined) return;
    const lines = this.printer.takePending();
    const { recid, stamp } = session;
    if (lines.length > 0) {
      await this.quietly((client) =>
        client.appendRmanOutput({ sid: this.sid(), session: { recid, stamp }, lines }),
      );
    }
  }

  /** Book-keeping never fails a command: a dead instance shows in the work itself. */
  private async quietly(
    call: (client: NonNullable<TargetDatabase['client']>) => Promise<unknown>,
  ): Promise<void> {
    const { client } = this.target;
    if (client !== undefined) await call(client).catch(() => undefined);
  }
}

function rowOf({ recid, stamp }: { recid: number; stamp: number }): Row {
  return { recid, stamp, inputBytes: 0, outputBytes: 0 };
}
