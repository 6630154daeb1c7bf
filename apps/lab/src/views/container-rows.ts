// Containers of a multitenant database: rows of V$PDBS and V$CONTAINERS.
import { createHash } from 'node:crypto';
import { type Container, type ControlFile } from '../control-file/control-file';
import { type ViewRow, type ViewSource } from './view';

export const PDB_COLUMNS = `DBID:n CON_UID:n GUID:r16 NAME:t128 OPEN_MODE:t10 RESTRICTED:t3 OPEN_TIME:d CREATE_SCN:n TOTAL_SIZE:n BLOCK_SIZE:n
  RECOVERY_STATUS:t8 SNAPSHOT_PARENT_CON_ID:n APPLICATION_ROOT:t3`;
export const CONTAINER_COLUMNS = `DBID:n CON_UID:n GUID:r16 NAME:t128 OPEN_MODE:t10 RESTRICTED:t3 OPEN_TIME:d CREATE_SCN:n TOTAL_SIZE:n
  BLOCK_SIZE:n RECOVERY_STATUS:t8`;
const ROOT = 1;
const GUID_BYTES = 16;
const BLOCK_BYTES = 8192;

/** The same container of the same database always has the same GUID and DBID. */
function fingerprint(cf: ControlFile, name: string): Buffer {
  return createHash('sha256').update(`${cf.dbid}/${name}`).digest();
}

function containerRow(container: Container, source: ViewSource): ViewRow {
  const cf = source.controlFile();
  const me = source.live.identity();
  const { conId, name } = container;
  const mark = fingerprint(cf, name);
  const dbid = conId === ROOT ? cf.dbid : mark.readUInt32LE(GUID_BYTES);
  const files = cf.dataFiles.filter((file) => file.conId === conId);
  const openMode = me.status === 'OPEN' ? container.openMode : 'MOUNTED';
  return {
    ...{ CON_ID: conId, DBID: dbid, CON_UID: conId === ROOT ? ROOT : dbid },
    ...{ GUID: mark.toString('hex', 0, GUID_BYTES), NAME: name, OPEN_MODE: openMode },
    RESTRICTED: openMode === 'MOUNTED' ? null : 'NO',
    OPEN_TIME: openMode === 'MOUNTED' ? null : me.startedAt,
    CREATE_SCN: files[0]?.creationScn ?? 0,
    TOTAL_SIZE: files.reduce((sum, file) => sum + file.blocks * file.blockBytes, 0),
    ...{ BLOCK_SIZE: BLOCK_BYTES, RECOVERY_STATUS: 'ENABLED' },
  };
}

export function containerRows(source: ViewSource): ViewRow[] {
  return (source.controlFile().containers ?? []).map((container) => containerRow(container, source));
}

export const DBA_PDB_COLUMNS = 'PDB_ID:n PDB_NAME:t128 DBID:n CON_UID:n GUID:r16 STATUS:t10 CREATION_SCN:n';

/** Rows of DBA_PDBS: what became of each pluggable database. */
export function pluggableStates(source: ViewSource): ViewRow[] {
  const containers = (source.controlFile().containers ?? []).filter(({ conId }) => conId !== ROOT);
  return containers.map((container) => {
    const { NAME = '', CREATE_SCN = 0, DBID = 0, CON_UID = 0, GUID = '' } = containerRow(container, source);
    return {
      ...{ PDB_ID: container.conId, PDB_NAME: NAME, DBID, CON_UID, GUID, CREATION_SCN: CREATE_SCN },
      STATUS: container.status ?? 'NORMAL',
    };
  });
}

/** All but the root, the seed included. */
export function pluggableRows(source: ViewSource): ViewRow[] {
  return (source.controlFile().containers ?? [])
    .filter(({ conId }) => conId !== ROOT)
    .map((container) => ({ ...containerRow(container, source), APPLICATION_ROOT: 'NO' }));
}
