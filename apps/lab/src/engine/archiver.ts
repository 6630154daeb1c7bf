/**
 * Archives closed online logs into a destination that may be full. As with a real fast recovery area, logs that were backed up make
 * room first, oldest first; when that is not enough the archiver is stuck until somebody deletes logs or raises the limit.
 */
import { existsSync, rmSync, statSync } from 'node:fs';
import { addArchivedLog } from '../control-file/change-records';
import { type ArchivedLog, type ControlFile, type RedoLog } from '../control-file/control-file';
import { type ControlFileStore } from '../control-file/control-file-store';
import { REDO_BLOCK_BYTES, type RedoLogHeader } from '../formats/redo-log';
import { OraError } from '../instance/ora-error';
import { readRedoHeaderOf } from '../recovery/read-redo-log';
import { archivedLogPath, archiveLog, describeArchivedLog, type NewArchivedLog } from './archive-log';

interface ArchiverOptions {
  store: ControlFileStore;
  directory: () => string;
  /** Limit of the fast recovery area, bytes; infinite for a plain directory. */
  bytesMax: () => number;
  now: () => Date;
}

/** As a database is told where its logs go. */
interface ArchiveDestination extends Pick<ArchiverOptions, 'store' | 'now'> {
  archiveDirectory: string | (() => string);
  archiveBytesMax?: () => number;
}

export function archiverOf({ store, now, archiveDirectory, archiveBytesMax }: ArchiveDestination): Archiver {
  return new Archiver({
    ...{ store, now },
    directory: typeof archiveDirectory === 'string' ? () => archiveDirectory : archiveDirectory,
    bytesMax: archiveBytesMax ?? (() => Number.POSITIVE_INFINITY),
  });
}

const LIMIT_EXCEEDED = 19809;
const CANNOT_ARCHIVE = 16038;

export class Archiver {
  private failure: OraError | undefined;

  constructor(private readonly options: ArchiverOptions) {}

  /** ORA-16038 with what is behind it, while the archiver is stuck. */
  get error(): OraError | undefined {
    return this.failure;
  }

  /** Copies one closed log; undefined (and `error` is set) when the destination is full. */
  copy(log: RedoLog, header: RedoLogHeader): NewArchivedLog | undefined {
    const bytes = (header.usedBlocks + 1) * REDO_BLOCK_BYTES;
    if (!this.makeRoom(bytes)) {
      this.failure = stuck(log);
      return undefined;
    }
    this.failure = undefined;
    return archiveOnlineLog(log, header, this.options.directory());
  }

  /** Archives every closed log that is not yet: after a crash, and when there is room again. */
  copyPending(): void {
    const { store, now } = this.options;
    if (store.current.logMode !== 'ARCHIVELOG') return;
    const pending = store.current.redoLogs.filter((log) => log.status === 'INACTIVE' && !log.archived);
    for (const log of pending.sort((a, b) => a.sequence - b.sequence)) {
      const header = readRedoHeaderOf(log.path);
      if (header?.nextScn === undefined) continue;
      const record = this.copy(log, header);
      if (record === undefined) return;
      store.update((controlFile) => {
        log.archived = true;
        addArchivedLog(controlFile, record, now());
      });
    }
    this.failure = undefined;
  }

  private makeRoom(bytes: number): boolean {
    const bytesMax = this.options.bytesMax();
    if (!Number.isFinite(bytesMax)) return true;
    const { store } = this.options;
    let used = bytesInArea(store.current);
    const reclaimable = store.current.archivedLogs.filter((log) => isInArea(log) && log.backupCount > 0);
    for (const log of reclaimable) {
      if (used + bytes <= bytesMax) break;
      used -= bytesOf(log);
      store.update(() => (log.status = 'D'));
      if (log.name !== null && existsSync(log.name)) rmSync(log.name);
    }
    return used + bytes <= bytesMax;
  }
}

function isInArea(log: ArchivedLog): boolean {
  return log.status === 'A' && log.name !== null;
}

function bytesOf(log: ArchivedLog): number {
  return (log.blocks + 1) * log.blockBytes;
}

/** Bytes of the archived logs that are still there. */
export function bytesInArea(controlFile: ControlFile): number {
  return controlFile.archivedLogs.filter(isInArea).reduce((sum, log) => sum + bytesOf(log), 0);
}

function stuck(log: RedoLog): OraError {
  const needed = statSync(log.path).size;
  return new OraError(
    CANNOT_ARCHIVE,
    [
      `log ${log.group} sequence# ${log.sequence} cannot be archived`,
      `ORA-${LIMIT_EXCEEDED}: limit exceeded for recovery files`,
      `ORA-19804: cannot reclaim ${needed} bytes disk space from the recovery file destination`,
      `ORA-00312: online log ${log.group} thread ${log.thread}: '${log.path}'`,
    ].join('\n'),
  );
}

/** Archives a closed online log and answers its record. */
function archiveOnlineLog(log: RedoLog, header: RedoLogHeader, directory: string): NewArchivedLog {
  const name = archivedLogPath(directory, header);
  const record = describeArchivedLog(header, name);
  if (record === undefined) throw new Error(`log ${header.sequence} is still being written`);
  archiveLog(log.path, header, name);
  return record;
}
