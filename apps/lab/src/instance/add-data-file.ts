/** Data files that statements add: CREATE TABLESPACE and ALTER TABLESPACE … ADD DATAFILE. The first redo about such a file is its space map. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Tablespace } from '../control-file/control-file';
import { type AddedFile, headerOfAdded } from '../engine/added-file';
import { createEmptyDataFile } from '../engine/create-data-file';
import { openDataFile, writeRun } from '../engine/data-file-handle';
import { type BlockChange } from '../engine/database';
import { ROOT_CONTAINER } from '../engine/database-plan';
import { type DataFileHeader, makeDataFileHeader } from '../formats/data-file-header';
import { formatScn } from '../formats/scn';
import { firstDataBlock, makeSpaceBlocks, SPACE_HEADER_BLOCK } from '../engine/space-map';
import { type Instance } from './instance';
import { OraError } from './ora-error';
import { type AlterCommand } from './parse-alter';

/** Headers, space map and a few rows. */
const BLOCKS_MIN = 64;
/** The space map of a larger file would not fit one record of redo at the smallest block size. */
const DATA_FILE_BYTES_MAX = 4 * 1024 ** 3;
/** DB_BLOCK_SIZE of the lab. */
const BLOCK_BYTES = 8192;
const HEADER_BLOCK = 1;

type AddCommand = Extract<AlterCommand, { kind: 'create-tablespace' | 'add-data-file' }>;

export async function addDataFile(instance: Instance, command: AddCommand): Promise<void> {
  await instance.database().exclusively(async () => {
    const tablespace = tablespaceOf(instance, command);
    const record = plannedFile(instance, command, tablespace);
    await createEmptyDataFile({ path: record.name, header: headerOf(instance, tablespace, record) });
    enter(instance, tablespace, { ...record, ...createdNow(instance) });
  });
}

/** Of ADD DATAFILE the one of that name, in a container database the root's; of CREATE TABLESPACE a new one. Throws ORA-01543 or 959. */
function tablespaceOf(instance: Instance, { kind, tablespace: name }: AddCommand): Tablespace {
  const { tablespaces, containers = [] } = instance.store().current;
  const conId = containers.length === 0 ? undefined : ROOT_CONTAINER;
  const ofContainer = tablespaces.filter((known) => known.conId === conId);
  const known = ofContainer.find((one) => one.name === name);
  if (kind === 'add-data-file') {
    if (known === undefined) throw new OraError(959, `tablespace '${name}' does not exist`);
    return known;
  }
  if (known !== undefined) throw new OraError(1543, `tablespace '${name}' already exists`);
  const ts = Math.max(...ofContainer.map((one) => one.ts)) + 1;
  return { ts, name, bigfile: false, ...(conId === undefined ? {} : { conId }) };
}

/** Throws ORA-01119, 1144 or 3214. */
function plannedFile(instance: Instance, { path, bytes }: AddCommand, { ts, conId }: Tablespace): AddedFile {
  const { dataFiles } = instance.store().current;
  const { blockBytes = BLOCK_BYTES } = dataFiles.find((f) => f.ts === ts && f.conId === conId) ?? {};
  const file = Math.max(...dataFiles.map((f) => f.file)) + 1;
  const blocks = Math.floor(bytes / blockBytes);
  const blocksMax = DATA_FILE_BYTES_MAX / blockBytes;
  if (blocks < BLOCKS_MIN) throw new OraError(3214, 'File Size specified is smaller than minimum required');
  if (blocks > blocksMax)
    throw new OraError(1144, `File size (${blocks} blocks) exceeds maximum of ${blocksMax} blocks`);
  if (existsSync(path) || !existsSync(dirname(path)))
    throw new OraError(1119, `error in creating database file '${path}'`);
  return {
    ...{ file, rfile: file, ts, name: path, blockBytes, blocks },
    ...createdNow(instance),
    ...{ status: 'ONLINE', enabled: 'READ WRITE', unrecoverableScn: '0', lastScn: null },
    ...(conId === undefined ? {} : { conId }),
  };
}

function createdNow(
  instance: Instance,
): Pick<AddedFile, 'creationScn' | 'checkpointScn' | 'createdAt' | 'checkpointAt'> {
  const scn = formatScn(instance.database().nextScn);
  const at = instance.options.now().toISOString();
  return { creationScn: scn, checkpointScn: scn, createdAt: at, checkpointAt: at };
}

function headerOf(instance: Instance, tablespace: Tablespace, record: AddedFile): DataFileHeader {
  return headerOfAdded({ ...instance.store().current, tablespaces: [tablespace] }, record);
}

/** In one turn: header, redo and control file have the same SCN. Redo first: a file nobody knows of is harmless. */
function enter(instance: Instance, tablespace: Tablespace, record: AddedFile): void {
  const header = headerOf(instance, tablespace, record);
  const opening = openDataFile(record.name);
  if (!opening.ok) throw new OraError(1119, `error in creating database file '${record.name}'`);
  const { handle } = opening;
  writeRun(handle, HEADER_BLOCK, [makeDataFileHeader(header)]);
  const scn = instance.database().adopt({ handle, header }, spaceMapOf(header), instance.thread);
  if (scn !== header.creationScn) throw new Error(`file ${record.file}: its redo has SCN ${scn}`);
  instance.store().update(({ dataFiles, tablespaces }) => {
    dataFiles.push(record);
    if (!tablespaces.includes(tablespace)) tablespaces.push(tablespace);
  });
}

/** Nothing is used yet. */
function spaceMapOf({ file, rfile, blockBytes, blocks, creationScn: scn }: DataFileHeader): BlockChange[] {
  const highWater = firstDataBlock(blockBytes, blocks);
  const map = makeSpaceBlocks({ rfile, blockBytes, blocks, highWater, isUsed: () => false, scn });
  return Array.from({ length: map.length / blockBytes }, (_, i) => ({
    ...{ file, block: SPACE_HEADER_BLOCK + i },
    change: { kind: 'image', bytes: map.subarray(i * blockBytes, (i + 1) * blockBytes) },
  }));
}
