/** Carries out the ALTER statements of SQL '...', the listener and RMAN. */
import { type DataFile } from '../control-file/control-file';
import { type Instance } from './instance';
import { ORA, OraError } from './ora-error';
import { type AlterCommand, parseAlter } from './parse-alter';

/** Runs one statement and answers what SQL*Plus would print. Throws ORA-00900 for a statement it does not know. */
export async function executeAlter(instance: Instance, sql: string): Promise<string> {
  const command = parseAlter(sql);
  if (command === undefined) throw new OraError(ORA.badCommand, 'invalid SQL statement');
  await execute(instance, command);
  switch (command.kind) {
    case 'archive-log-current':
    case 'switch-logfile':
    case 'checkpoint':
    case 'kill-session':
      return 'System altered.';
    case 'tablespace':
      return 'Tablespace altered.';
    case 'disable-change-tracking':
    case 'mount':
    case 'open':
    case 'data-file':
    case 'rename-file':
      return 'Database altered.';
  }
}

async function execute(instance: Instance, command: AlterCommand): Promise<void> {
  switch (command.kind) {
    case 'archive-log-current':
    case 'switch-logfile':
      instance.database().switchLog();
      return;
    case 'checkpoint':
      instance.database().checkpoint();
      return;
    case 'kill-session':
      instance.sessions.kill(command);
      return;
    case 'disable-change-tracking':
      // The lab never tracks changes, so it is disabled already.
      throw new OraError(19759, 'block change tracking is not enabled');
    case 'mount':
      instance.mount();
      return;
    case 'open':
      await instance.open(command);
      return;
    case 'data-file':
      await setOnline(instance, [instance.dataFileRecord(command.file)], command.online);
      return;
    case 'tablespace':
      await setOnline(instance, filesOfTablespace(instance, command.name), command.online);
      return;
    case 'rename-file':
      renameFile(instance, command);
  }
}

function filesOfTablespace(instance: Instance, name: string): DataFile[] {
  const { tablespaces, dataFiles } = instance.store().current;
  const tablespace = tablespaces.find((candidate) => candidate.name === name);
  if (tablespace === undefined) throw new OraError(959, `tablespace '${name}' does not exist`);
  return dataFiles.filter((file) => file.ts === tablespace.ts);
}

async function setOnline(instance: Instance, records: DataFile[], online: boolean): Promise<void> {
  if (instance.status === 'OPEN') {
    const database = instance.database();
    await database.exclusively(async () => {
      for (const { file } of records) {
        if (online) database.bringOnline(file);
        else database.takeOffline(file);
      }
    });
    return;
  }
  // Mounted: only the record changes; opening checks the files.
  instance.store().update(() => {
    for (const record of records) {
      if (record.status !== 'SYSTEM') record.status = online ? 'ONLINE' : 'RECOVER';
    }
  });
}

function renameFile(instance: Instance, { from, to }: { from: string; to: string }): void {
  const store = instance.store();
  const { dataFiles, redoLogs, tempFiles } = store.current;
  const dataFile = dataFiles.find((record) => record.name === from);
  const redoLog = redoLogs.find((record) => record.path === from);
  const tempFile = tempFiles.find((record) => record.name === from);
  if (dataFile === undefined && redoLog === undefined && tempFile === undefined) {
    throw new OraError(ORA.noSuchFile, `nonexistent log file, data file, or temporary file "${from}"`);
  }
  if (dataFile !== undefined && instance.status === 'OPEN' && instance.database().files.has(dataFile.file)) {
    throw new OraError(1511, `error in renaming data files: file ${dataFile.file} is online`);
  }
  store.update(() => {
    if (dataFile !== undefined) dataFile.name = to;
    if (redoLog !== undefined) redoLog.path = to;
    if (tempFile !== undefined) tempFile.name = to;
  });
}
