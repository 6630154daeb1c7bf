/** The redo threads of an open database, one per instance of a cluster: the current log of each and which group comes next. */
import { type ControlFile, type RedoLog } from '../control-file/control-file';
import { type ControlFileStore } from '../control-file/control-file-store';
import { ORA, OraError } from '../instance/ora-error';
import { RedoWriter } from './redo-writer';

/** The thread of a database with one instance. */
export const FIRST_THREAD = 1;

export class RedoThreads {
  constructor(
    private readonly store: ControlFileStore,
    private readonly writers: Map<number, RedoWriter>,
  ) {}

  /** Ascending. */
  numbers(): number[] {
    return [...this.writers.keys()].sort((a, b) => a - b);
  }

  /** Throws ORA-01618 for a thread the database does not have. */
  writer(thread: number): RedoWriter {
    const writer = this.writers.get(thread);
    if (writer === undefined) throw new OraError(1618, `redo thread ${thread} is not enabled - cannot mount`);
    return writer;
  }

  current(thread: number): RedoLog {
    const current = this.store.current.redoLogs.find(
      (log) => log.status === 'CURRENT' && log.thread === thread,
    );
    if (current === undefined) throw new Error(`the control file names no current log of thread ${thread}`);
    return current;
  }

  /** Starts a log; the thread's last one must be finished. */
  begin(log: RedoLog, header: Parameters<typeof RedoWriter.begin>[1]): void {
    this.writers.set(log.thread, RedoWriter.begin(log, header));
  }

  usage(thread: number): { group: number; sequence: number; usedBytes: number; bytes: number } {
    const { group, sequence, bytes } = this.current(thread);
    return { group, sequence, usedBytes: this.writer(thread).usedBytes(), bytes };
  }

  close(): void {
    for (const writer of this.writers.values()) writer.close();
  }
}

/**
 * The group of the thread written next: never used, else the one with the oldest contents (archived, and behind the checkpoint).
 * Throws ORA-00257 when the archiver is stuck and all groups wait for it.
 */
export function nextGroup({ redoLogs, logMode }: ControlFile, thread: number): RedoLog {
  const ofThread = redoLogs.filter((log) => log.thread === thread);
  const reusable = ofThread.filter((log) => log.status === 'UNUSED' || log.status === 'INACTIVE');
  const [oldest] = reusable
    .filter((log) => logMode === 'NOARCHIVELOG' || log.status === 'UNUSED' || log.archived)
    .sort((a, b) => a.sequence - b.sequence);
  if (oldest !== undefined) return oldest;
  if (reusable.length > 0) throw new OraError(257, 'Archiver error. Connect AS SYSDBA only until resolved.');
  throw new OraError(ORA.noCurrentLog, 'no online log is free for a switch');
}
