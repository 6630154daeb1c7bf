/** Carries out the ALTER statements of SQL '...', the listener and RMAN. */
import { join } from 'node:path';
import { type DataFile } from '../control-file/control-file';
import { addDataFile } from './add-data-file';
import { alterPluggable, createPluggable, dropPluggable, unplug } from './alter-pluggable';
import { type Instance } from './instance';
import { ORA, OraError } from './ora-error';
import { type AlterCommand, parseAlter } from './parse-alter';
import { changeRestorePoints } from './restore-points';

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
    case 'set-parameter':
    case 'reset-parameter':
      return 'System altered.';
    case 'tablespace':
    case 'tablespace-mode':
    case 'add-data-file':
      return 'Tablespace altered.';
    case 'create-tablespace':
      return 'Tablespace created.';
    case 'pluggable':
    case 'unplug':
      return 'Pluggable database altered.';
    case 'keystore':
    case 'rotate-master-key':
      return 'keystore altered.';
    case 'create-restore-point':
      return 'Restore point created.';
    case 'drop-restore-point':
      return 'Restore point dropped.';
    case 'create-pluggable':
      return 'Pluggable database created.';
    case 'drop-pluggable':
      return 'Pluggable database dropped.';
    case 'enable-change-tracking':
    case 'disable-change-tracking':
    case 'log-mode':
    case 'convert-role':
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
      instance.database().archiveLogCurrent(instance.thread);
      return;
    case 'switch-logfile':
      instance.database().switchLog(instance.thread);
      return;
    case 'checkpoint':
      instance.database().checkpoint();
      return;
    case 'kill-session':
      killSession(instance, command);
      return;
    case 'set-parameter':
      instance.parameters.set(command);
      // A stuck archiver tries again when there may be room.
      if (instance.status === 'OPEN') instance.database().archiver.copyPending();
      return;
    case 'reset-parameter':
      instance.parameters.reset(command);
      return;
    case 'enable-change-tracking':
      enableTracking(instance, command.path);
      return;
    case 'disable-change-tracking':
      instance.database().tracking.disable();
      return;
    case 'log-mode':
    case 'convert-role':
      changeMounted(instance, command);
      return;
    case 'keystore':
    case 'rotate-master-key':
      changeKeystore(instance, command);
      return;
    case 'pluggable':
    case 'unplug':
    case 'create-pluggable':
    case 'drop-pluggable':
      await changeContainers(instance, command);
      return;
    case 'create-restore-point':
    case 'drop-restore-point':
      changeRestorePoints(instance, command);
      return;
    case 'mount':
      instance.mount();
      return;
    case 'open':
      await instance.open(command);
      return;
    case 'create-tablespace':
    case 'add-data-file':
    case 'data-file':
    case 'tablespace':
    case 'tablespace-mode':
    case 'rename-file':
      await changeFiles(instance, command);
  }
}

type FileCommand = Extract<
  AlterCommand,
  {
    kind:
      'create-tablespace' | 'add-data-file' | 'data-file' | 'tablespace' | 'tablespace-mode' | 'rename-file';
  }
>;

async function changeFiles(instance: Instance, command: FileCommand): Promise<void> {
  switch (command.kind) {
    case 'create-tablespace':
    case 'add-data-file':
      return addDataFile(instance, command);
    case 'data-file':
      return setOnline(instance, [instance.dataFileRecord(command.file)], command.online);
    case 'tablespace':
      return setOnline(instance, filesOfTablespace(instance, command.name), command.online, 'OFFLINE');
    case 'tablespace-mode':
      return setEnabled(instance, filesOfTablespace(instance, command.name), command.enabled);
    case 'rename-file':
      renameFile(instance, command);
  }
}

async function changeContainers(
  instance: Instance,
  command: Extract<AlterCommand, { kind: 'pluggable' | 'unplug' | 'create-pluggable' | 'drop-pluggable' }>,
): Promise<void> {
  switch (command.kind) {
    case 'pluggable':
      return alterPluggable(instance, command);
    case 'unplug':
      return unplug(instance, command.name);
    case 'create-pluggable':
      return createPluggable(instance, command.name);
    case 'drop-pluggable':
      return dropPluggable(instance, command);
  }
}

/** Throws ORA-28354 and 28365 as Oracle does. Setting a key puts every encrypted tablespace under it. */
function changeKeystore(
  instance: Instance,
  command: Extract<AlterCommand, { kind: 'keystore' | 'rotate-master-key' }>,
): void {
  const store = instance.store();
  const { isOpen, rotations } = store.current.keystore ?? { isOpen: true, rotations: 0 };
  if (command.kind === 'rotate-master-key' && !isOpen) throw new OraError(28365, 'wallet is not open');
  if (command.kind === 'keystore' && command.isOpen && isOpen)
    throw new OraError(28354, 'Encryption wallet, auto login wallet, or HSM is already open');
  if (command.kind === 'keystore' && !command.isOpen && !isOpen)
    throw new OraError(28365, 'wallet is not open');
  store.update((controlFile) => {
    controlFile.keystore =
      command.kind === 'keystore'
        ? { isOpen: command.isOpen, rotations }
        : { isOpen, rotations: rotations + 1 };
  });
}

function enableTracking(instance: Instance, path: string | null): void {
  if (instance.identity().edition !== 'EE')
    throw new OraError(439, 'feature not enabled: Block Change Tracking');
  const database = instance.database();
  database.tracking.enable(path ?? join(instance.storage.oradata, 'change_tracking.bct'), database.nextScn);
}

/** KILL SESSION 'sid,serial#,@inst'. Throws ORA-00030 when there is no such session, or no such instance. */
export function killSession(
  instance: Instance,
  target: { sid: number; serial: number; instance: number | null },
): void {
  const number = target.instance ?? instance.thread;
  const owner = instance.running().find((candidate) => candidate.thread === number);
  if (owner === undefined) throw new OraError(ORA.noSuchSession, 'User session ID does not exist.');
  owner.sessions.kill(target);
}

/** What only a database that is mounted and not open can change. */
function changeMounted(
  instance: Instance,
  command: Extract<AlterCommand, { kind: 'log-mode' | 'convert-role' }>,
): void {
  const store = instance.store();
  if (instance.shared.isOpen)
    throw new OraError(1126, 'database must be mounted in this instance and not open');
  store.update((controlFile) => {
    if (command.kind === 'log-mode') controlFile.logMode = command.mode;
    else controlFile.role = command.role;
  });
}

function filesOfTablespace(instance: Instance, name: string): DataFile[] {
  const { tablespaces, dataFiles } = instance.store().current;
  const tablespace = tablespaces.find((candidate) => candidate.name === name);
  if (tablespace === undefined) throw new OraError(959, `tablespace '${name}' does not exist`);
  return dataFiles.filter((file) => file.ts === tablespace.ts && file.conId === tablespace.conId);
}

/** READ ONLY: the files are checkpointed and not written to any more. READ WRITE takes them up again. */
async function setEnabled(
  instance: Instance,
  records: DataFile[],
  enabled: DataFile['enabled'],
): Promise<void> {
  const database = instance.database();
  await database.exclusively(async () => {
    for (const record of records) {
      if (record.status === 'SYSTEM') throw new OraError(1643, 'system tablespace can not be made read-only');
      if (record.enabled !== enabled) database.setEnabled(record.file, enabled);
    }
  });
}

/** @param offline status of a file that is taken offline: of a tablespace no recovery is needed, of a single file it is. */
async function setOnline(
  instance: Instance,
  records: DataFile[],
  online: boolean,
  offline: 'OFFLINE' | 'RECOVER' = 'RECOVER',
): Promise<void> {
  if (instance.status === 'OPEN') {
    const database = instance.database();
    await database.exclusively(async () => {
      for (const { file } of records) {
        if (online) database.bringOnline(file);
        else database.takeOffline(file, offline);
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
