/**
 * What rman prints, line by line: on stdout or in the log file, and to the instance for v$rman_output. Lines that belong
 * together are given together, so that channels never tear a pair apart.
 */
import { appendFileSync, writeFileSync } from 'node:fs';

/** Lines kept for the instance until somebody takes them; older ones are dropped. */
const PENDING_LINES_MAX = 10_000;

export class Printer {
  private pending: string[] = [];
  /** Null: standard output. */
  private logFile: string | null = null;

  constructor(private readonly logFileAtStart: string | null) {
    this.spool(logFileAtStart, { append: false });
  }

  /** SPOOL LOG: what follows goes to that file; null: back to where it went at the start. */
  spool(path: string | null, { append }: { append: boolean }): void {
    this.logFile = path ?? this.logFileAtStart;
    if (path !== null && !append) writeFileSync(path, '');
  }

  print(...lines: string[]): void {
    const text = lines.map((line) => `${line}\n`).join('');
    if (this.logFile === null) process.stdout.write(text);
    else appendFileSync(this.logFile, text);
    this.pending.push(...lines);
    if (this.pending.length > PENDING_LINES_MAX) this.pending = this.pending.slice(-PENDING_LINES_MAX);
  }

  /** Lines printed since the last call. */
  takePending(): string[] {
    return this.pending.splice(0);
  }

  errorStack(lines: string[]): void {
    const rule = 'RMAN-00571: ===========================================================';
    const title = 'RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============';
    this.print(rule, title, rule, ...lines);
  }
}
