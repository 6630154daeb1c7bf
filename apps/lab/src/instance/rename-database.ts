/** What CREATE CONTROLFILE SET DATABASE leaves of a mounted database: its files under another name and DBID, no record of backups. */
import { type ControlFileStore } from '../control-file/control-file-store';
import { closeDataFile, openDataFile, writeRun } from '../engine/data-file-handle';
import { makeDataFileHeader } from '../formats/data-file-header';
import { ORA, OraError } from './ora-error';

export interface NewIdentity {
  dbName: string;
  dbUniqueName: string;
  dbid: number;
}

/** The files' headers first: one that cannot be written leaves the control file as it was. Throws ORA-01157. */
export function renameDatabase(store: ControlFileStore, identity: NewIdentity): void {
  const { dbid, dbName } = identity;
  for (const { file, name } of store.current.dataFiles) {
    const opening = openDataFile(name);
    if (!opening.ok)
      throw new OraError(1157, `cannot identify/lock data file ${file}: ${name} (${opening.reason})`);
    try {
      writeRun(opening.handle, 1, [makeDataFileHeader({ ...opening.header, dbid, dbName })]);
    } finally {
      closeDataFile(opening.handle);
    }
  }
  store.update((controlFile) => {
    Object.assign(controlFile, identity, {
      ...{ archivedLogs: [], backupSets: [], backupPieces: [], backupDataFiles: [], backupRedoLogs: [] },
      ...{ dataFileCopies: [], rmanStatus: [], rmanConfiguration: [], corruptBlocks: [] },
    });
    delete controlFile.changeTracking;
  });
}

/** Throws ORA-01126 unless the database is mounted and not open. */
export function checkMountedOnly(status: string): void {
  if (status !== 'MOUNTED') {
    throw new OraError(
      ORA.alreadyOpen,
      'database must be mounted in this instance and not open in any instance',
    );
  }
}
