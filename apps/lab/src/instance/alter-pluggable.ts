/** Pluggable databases as statements change them: opened and closed, made from the seed, unplugged, dropped. */
import { copyFileSync, mkdirSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Container, type DataFile } from '../control-file/control-file';
import { closeDataFile, openDataFile } from '../engine/data-file-handle';
import { type Database } from '../engine/database';
import { isPluggable, SEED_CONTAINER } from '../engine/database-plan';
import { makeDataFileHeader } from '../formats/data-file-header';
import { formatScn } from '../formats/scn';
import { type Instance } from './instance';
import { OraError } from './ora-error';
import { type AlterCommand } from './parse-alter';

const HEADER_BLOCK = 1;

/** OPEN and CLOSE. */
export async function alterPluggable(
  instance: Instance,
  { name, openMode }: Extract<AlterCommand, { kind: 'pluggable' }>,
): Promise<void> {
  const database = instance.database();
  const wanted = name === null ? pluggables(instance) : [named(instance, name)];
  await database.exclusively(async () => {
    for (const container of wanted) {
      if (container.openMode === openMode) {
        if (name === null) continue;
        if (openMode === 'MOUNTED') throw new OraError(65020, `pluggable database ${name} already closed`);
        throw new OraError(65019, `pluggable database ${name} already open`);
      }
      if (container.status === 'UNPLUGGED')
        throw new OraError(65086, 'cannot open/close the pluggable database');
      if (openMode === 'MOUNTED') database.closeContainer(container.conId);
      else if (container.openMode === 'MOUNTED') database.openContainer(container.conId);
      instance.store().update(() => Object.assign(container, { openMode, status: 'NORMAL' }));
    }
  });
}

/** CREATE PLUGGABLE DATABASE: copies of the seed's files under new numbers, closed until it is opened. */
export async function createPluggable(instance: Instance, name: string): Promise<void> {
  const database = instance.database();
  const store = instance.store();
  const containers = store.current.containers ?? [];
  if (containers.length === 0) throw new OraError(65090, 'operation only allowed in a container database');
  if (containers.some((c) => c.name === name))
    throw new OraError(65012, `Pluggable database ${name} already exists.`);
  await database.exclusively(async () => {
    const conId = Math.max(...containers.map((c) => c.conId)) + 1;
    const { dataFiles, tablespaces } = store.current;
    let file = Math.max(...dataFiles.map((record) => record.file));
    const copies = dataFiles
      .filter((record) => record.conId === SEED_CONTAINER)
      .map((seed) => copyOfSeed(database, seed, { file: ++file, conId, name }));
    const spaces = tablespaces.filter((ts) => ts.conId === SEED_CONTAINER).map((ts) => ({ ...ts, conId }));
    store.update((cf) => {
      cf.containers = [...containers, { conId, name, openMode: 'MOUNTED', status: 'NEW' }];
      cf.dataFiles.push(...copies);
      cf.tablespaces.push(...spaces);
    });
  });
}

function copyOfSeed(
  database: Database,
  seed: DataFile,
  { file, conId, name }: { file: number; conId: number; name: string },
): DataFile {
  const pdb = name.toLowerCase();
  const directory = join(dirname(dirname(seed.name)), pdb);
  const path = join(directory, basename(seed.name).replace(/^[^_]+/, pdb));
  mkdirSync(directory, { recursive: true });
  copyFileSync(seed.name, path);
  const opening = openDataFile(path);
  if (!opening.ok) throw new OraError(1157, `cannot identify/lock data file ${file} (${opening.reason})`);
  closeDataFile(opening.handle);
  const created = database.nextScn;
  const header = makeDataFileHeader({
    ...{ ...opening.header, file, creationScn: created, checkpointScn: created, absoluteFuzzyScn: 0n },
  });
  const fd = openSync(path, 'r+');
  writeSync(fd, header, 0, header.length, HEADER_BLOCK * seed.blockBytes);
  closeSync(fd);
  const scn = formatScn(created);
  return { ...seed, file, conId, name: path, creationScn: scn, checkpointScn: scn, lastScn: scn };
}

/** UNPLUG INTO: what is left here can only be dropped. The description lists nothing but the name. */
export function unplug(instance: Instance, name: string): void {
  const container = closed(instance, name);
  instance.store().update(() => (container.status = 'UNPLUGGED'));
}

/** DROP PLUGGABLE DATABASE. */
export async function dropPluggable(
  instance: Instance,
  { name, keepFiles }: { name: string; keepFiles: boolean },
): Promise<void> {
  const { conId } = closed(instance, name);
  const store = instance.store();
  const files = store.current.dataFiles.filter((record) => record.conId === conId);
  await instance.database().exclusively(async () => {
    store.update((cf) => {
      cf.containers = (cf.containers ?? []).filter((c) => c.conId !== conId);
      cf.dataFiles = cf.dataFiles.filter((record) => record.conId !== conId);
      cf.tablespaces = cf.tablespaces.filter((ts) => ts.conId !== conId);
      cf.tempFiles = cf.tempFiles.filter((record) => record.conId !== conId);
    });
    if (!keepFiles) for (const { name: path } of files) rmSync(path, { force: true });
  });
}

function pluggables(instance: Instance): Container[] {
  return (instance.store().current.containers ?? []).filter(isPluggable);
}

function named(instance: Instance, name: string): Container {
  const found = pluggables(instance).find((container) => container.name === name);
  if (found === undefined) throw new OraError(65011, `Pluggable database ${name} does not exist.`);
  return found;
}

function closed(instance: Instance, name: string): Container {
  const container = named(instance, name);
  if (container.openMode !== 'MOUNTED')
    throw new OraError(65025, `Pluggable database ${name} is not closed on all instances.`);
  return container;
}
