/**
 * Block 0 (what the operating system sees) and block 1 (what the database knows) of a data file. Field offsets follow
 * published dumps of the real header; `absoluteFuzzyScn` lies at an offset of our own. Counters that recovery could not
 * know (control sequence, checkpoint count, redo address) stay zero, so that a recovered file is byte-identical to a
 * checkpointed one.
 */
import {
  BLOCK_TYPE,
  type BlockFault,
  checkBlock,
  FRMT_BY_BLOCK_BYTES,
  rdbaOf,
  sealBlock,
  sealChecksum,
  writeBlockHeader,
} from './block';
import { type Scn, scnOfParts, scnParts } from './scn';

export interface DataFileHeader {
  dbid: number;
  dbName: string;
  file: number;
  rfile: number;
  ts: number;
  tablespaceName: string;
  /** Without block 0. */
  blocks: number;
  blockBytes: number;
  creationScn: Scn;
  creationStamp: number;
  resetlogsScn: Scn;
  resetlogsStamp: number;
  /** Every change with a lower SCN is in the file. */
  checkpointScn: Scn;
  /** STAMP of the last commit before checkpointScn. */
  checkpointStamp: number;
  thread: number;
  /**
   * Highest SCN of a block that a hot backup copied after its checkpoint, 0 when none. RESTORE writes it; recovery must go
   * beyond it, then clears it.
   */
  absoluteFuzzyScn: Scn;
}

const COMPAT_VERSION = 0x13000000;
const FILE_MAGIC = 0x7a7b7c7d;
const FILE_TYPE_DATA = 3;
const STATUS_ONLINE = 0x0004;
const STATUS_SYSTEM_ONLINE = 0x2004;
const SYSTEM_TABLESPACE = 0;
const SYSTEM_ROOT_BLOCK = 520;
const TABLESPACE_NAME_BYTES = 30;
const DB_NAME_BYTES = 8;
const BLOCK_NUMBER_HEADER = 1;
/** The header block is not versioned by SCN: its own block SCN stays 0. */
const HEADER_VERSION = { scn: 0n, seq: 1 };

const AT = {
  softwareVersion: 20,
  compatVersion: 24,
  dbid: 28,
  dbName: 32,
  blocks: 44,
  blockBytes: 48,
  file: 52,
  fileType: 54,
  rootRdba: 96,
  creationScn: 100,
  creationStamp: 108,
  resetlogsStamp: 112,
  resetlogsScn: 116,
  status: 138,
  tablespace: 332,
  tablespaceNameBytes: 336,
  tablespaceName: 338,
  rfile: 368,
  checkpointScn: 484,
  checkpointStamp: 492,
  thread: 496,
  absoluteFuzzyScn: 600,
} as const;

/** Block 0 of a data file of `blocks` blocks (itself not counted). */
export function makeFileBlockZero(blockBytes: number, blocks: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.writeUInt8(FRMT_BY_BLOCK_BYTES.get(blockBytes) ?? 0, 1);
  block.writeUInt32LE(0xffc00000, 4);
  block.writeUInt32LE(blockBytes, 20);
  block.writeUInt32LE(blocks, 24);
  block.writeUInt32LE(FILE_MAGIC, 28);
  sealChecksum(block);
  return block;
}

/** Block 1 of a data file. */
export function makeDataFileHeader(header: DataFileHeader): Buffer {
  const block = Buffer.alloc(header.blockBytes);
  writeBlockHeader(block, {
    type: BLOCK_TYPE.dataFileHeader,
    rdba: rdbaOf(header.rfile, BLOCK_NUMBER_HEADER),
  });
  const system = header.ts === SYSTEM_TABLESPACE;
  block.writeUInt32LE(COMPAT_VERSION, AT.softwareVersion);
  block.writeUInt32LE(COMPAT_VERSION, AT.compatVersion);
  block.writeUInt32LE(header.dbid, AT.dbid);
  block.write(header.dbName.slice(0, DB_NAME_BYTES), AT.dbName, 'latin1');
  block.writeUInt32LE(header.blocks, AT.blocks);
  block.writeUInt32LE(header.blockBytes, AT.blockBytes);
  block.writeUInt16LE(header.file, AT.file);
  block.writeUInt16LE(FILE_TYPE_DATA, AT.fileType);
  block.writeUInt32LE(system ? rdbaOf(header.rfile, SYSTEM_ROOT_BLOCK) : 0, AT.rootRdba);
  writeScn(block, AT.creationScn, header.creationScn);
  block.writeUInt32LE(header.creationStamp, AT.creationStamp);
  block.writeUInt32LE(header.resetlogsStamp, AT.resetlogsStamp);
  writeScn(block, AT.resetlogsScn, header.resetlogsScn);
  block.writeUInt16LE(system ? STATUS_SYSTEM_ONLINE : STATUS_ONLINE, AT.status);
  block.writeUInt32LE(header.ts, AT.tablespace);
  const name = header.tablespaceName.slice(0, TABLESPACE_NAME_BYTES);
  block.writeUInt16LE(name.length, AT.tablespaceNameBytes);
  block.write(name, AT.tablespaceName, 'latin1');
  block.writeUInt32LE(header.rfile, AT.rfile);
  writeScn(block, AT.checkpointScn, header.checkpointScn);
  block.writeUInt32LE(header.checkpointStamp, AT.checkpointStamp);
  block.writeUInt16LE(header.thread, AT.thread);
  writeScn(block, AT.absoluteFuzzyScn, header.absoluteFuzzyScn);
  sealBlock(block, HEADER_VERSION);
  return block;
}

export type DataFileHeaderRead =
  { ok: true; header: DataFileHeader } | { ok: false; fault: BlockFault | 'not-a-header' };

/** Reads block 1; `fault` says why it cannot be trusted. */
export function readDataFileHeader(block: Buffer): DataFileHeaderRead {
  const check = checkBlock(block);
  if (!check.ok) return check;
  if (block.readUInt8(0) !== BLOCK_TYPE.dataFileHeader) return { ok: false, fault: 'not-a-header' };
  const nameBytes = Math.min(block.readUInt16LE(AT.tablespaceNameBytes), TABLESPACE_NAME_BYTES);
  return {
    ok: true,
    header: {
      dbid: block.readUInt32LE(AT.dbid),
      dbName: block.toString('latin1', AT.dbName, AT.dbName + DB_NAME_BYTES).replace(/\0+$/, ''),
      file: block.readUInt16LE(AT.file),
      rfile: block.readUInt32LE(AT.rfile),
      ts: block.readUInt32LE(AT.tablespace),
      tablespaceName: block.toString('latin1', AT.tablespaceName, AT.tablespaceName + nameBytes),
      blocks: block.readUInt32LE(AT.blocks),
      blockBytes: block.readUInt32LE(AT.blockBytes),
      creationScn: readScn(block, AT.creationScn),
      creationStamp: block.readUInt32LE(AT.creationStamp),
      resetlogsScn: readScn(block, AT.resetlogsScn),
      resetlogsStamp: block.readUInt32LE(AT.resetlogsStamp),
      checkpointScn: readScn(block, AT.checkpointScn),
      checkpointStamp: block.readUInt32LE(AT.checkpointStamp),
      thread: block.readUInt16LE(AT.thread),
      absoluteFuzzyScn: readScn(block, AT.absoluteFuzzyScn),
    },
  };
}

/** An SCN as base (4), wrap (2), high bits (2). */
export function writeScn(bytes: Buffer, offset: number, scn: Scn): void {
  const { base, wrap, high } = scnParts(scn);
  bytes.writeUInt32LE(base, offset);
  bytes.writeUInt16LE(wrap, offset + 4);
  bytes.writeUInt16LE(high, offset + 6);
}

/** The inverse of {@link writeScn}. */
export function readScn(bytes: Buffer, offset: number): Scn {
  return scnOfParts(
    bytes.readUInt32LE(offset),
    bytes.readUInt16LE(offset + 4),
    bytes.readUInt16LE(offset + 6),
  );
}
