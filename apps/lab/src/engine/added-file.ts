/** The header of a data file that a statement added, from the control file alone: what ADD DATAFILE writes, and RESTORE where there is no backup. */
import { type ControlFile, type DataFile } from '../control-file/control-file';
import { type DataFileHeader } from '../formats/data-file-header';
import { parseScn } from '../formats/scn';
import { stampOf } from '../formats/stamp';
import { FIRST_THREAD } from './redo-threads';

export type AddedFile = DataFile & { createdAt: string };

export function headerOfAdded(
  { dbid, dbName, resetlogsScn, resetlogsId, tablespaces }: ControlFile,
  { file, rfile, ts, conId, blocks, blockBytes, creationScn, createdAt }: AddedFile,
): DataFileHeader {
  const tablespace = tablespaces.find((known) => known.ts === ts && known.conId === conId);
  const stamp = stampOf(new Date(createdAt));
  const created = parseScn(creationScn);
  return {
    ...{ dbid, dbName, file, rfile, ts, tablespaceName: tablespace?.name ?? '', blocks, blockBytes },
    ...{ creationScn: created, creationStamp: stamp, checkpointScn: created, checkpointStamp: stamp },
    ...{ resetlogsScn: parseScn(resetlogsScn), resetlogsStamp: resetlogsId },
    ...{ thread: FIRST_THREAD, absoluteFuzzyScn: 0n },
  };
}

/** Whether redo makes the file: neither one of a new database nor a copy of the seed's. */
export function isAdded(record: DataFile): record is AddedFile {
  return record.createdAt !== undefined;
}
