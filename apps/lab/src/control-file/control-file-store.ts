/**
 * The control file on disk: a header block with length and checksum, then JSON, padded to 16 KiB blocks. Every write makes
 * a new file and renames it over the old one, so that a killed process leaves the old or the new one, never half.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { BLOCK_TYPE, FRMT_BY_BLOCK_BYTES, sealChecksum, xorOfWords } from '../formats/block';
import { type ControlFile } from './control-file';
import { trimRecords } from './trim-records';

const CONTROL_FILE_BLOCK_BYTES = 16384;
const FILE_MAGIC = 0x7a7b7c7d;
const AT = { blockBytes: 20, blocks: 24, magic: 28, jsonBytes: 32, jsonCrc: 36, sequence: 40 } as const;
/** Above this the file cannot be ours: the IPC frame that carries it ends there too. */
const JSON_BYTES_MAX = 60 * 1024 * 1024;

/** The bytes of a control file are not whole. */
export class ControlFileCorruptError extends Error {
  constructor(readonly path: string) {
    super(`control file ${path} is broken`);
    this.name = 'ControlFileCorruptError';
  }
}

/** The whole file as it lies on disk; its length is a multiple of 16 KiB. */
export function encodeControlFile(controlFile: ControlFile): Buffer {
  const json = Buffer.from(JSON.stringify(controlFile));
  if (json.length > JSON_BYTES_MAX) throw new RangeError(`control file of ${json.length} bytes`);
  const blocks = Math.ceil(json.length / CONTROL_FILE_BLOCK_BYTES);
  const out = Buffer.alloc((blocks + 1) * CONTROL_FILE_BLOCK_BYTES);
  const header = out.subarray(0, CONTROL_FILE_BLOCK_BYTES);
  header.writeUInt8(BLOCK_TYPE.controlFile, 0);
  header.writeUInt8(FRMT_BY_BLOCK_BYTES.get(CONTROL_FILE_BLOCK_BYTES) ?? 0, 1);
  header.writeUInt32LE(CONTROL_FILE_BLOCK_BYTES, AT.blockBytes);
  header.writeUInt32LE(blocks, AT.blocks);
  header.writeUInt32LE(FILE_MAGIC, AT.magic);
  header.writeUInt32LE(json.length, AT.jsonBytes);
  header.writeUInt32LE(crc32(json), AT.jsonCrc);
  header.writeUInt32LE(controlFile.controlSequence, AT.sequence);
  sealChecksum(header);
  json.copy(out, CONTROL_FILE_BLOCK_BYTES);
  return out;
}

/** Throws ControlFileCorruptError; `path` is for the message. Bytes behind the padded JSON are ignored. */
export function decodeControlFile(bytes: Buffer, path: string): ControlFile {
  const header = bytes.subarray(0, CONTROL_FILE_BLOCK_BYTES);
  const whole =
    header.length === CONTROL_FILE_BLOCK_BYTES &&
    header.readUInt32LE(AT.magic) === FILE_MAGIC &&
    xorOfWords(header) === 0;
  if (!whole) throw new ControlFileCorruptError(path);
  const json = bytes.subarray(
    CONTROL_FILE_BLOCK_BYTES,
    CONTROL_FILE_BLOCK_BYTES + header.readUInt32LE(AT.jsonBytes),
  );
  if (json.length !== header.readUInt32LE(AT.jsonBytes) || crc32(json) !== header.readUInt32LE(AT.jsonCrc)) {
    throw new ControlFileCorruptError(path);
  }
  return JSON.parse(json.toString('utf8')) as ControlFile;
}

/** Reads one control file. Fails like open(2), or with ControlFileCorruptError. */
export function readControlFile(path: string): ControlFile {
  return decodeControlFile(readFileSync(path), path);
}

/** Writes one control file atomically. */
export function writeControlFile(path: string, controlFile: ControlFile): void {
  replaceFile(path, encodeControlFile(controlFile));
}

/** Writes `bytes` beside `path`, makes them durable, renames. */
function replaceFile(path: string, bytes: Buffer): void {
  const next = `${path}.next`;
  const fd = openSync(next, 'w');
  try {
    const written = writeSync(fd, bytes);
    if (written !== bytes.length) throw new Error(`${next}: wrote ${written} of ${bytes.length} bytes`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(next, path);
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** The control file of a mounted database: one writer, all copies written at each transaction. */
export class ControlFileStore {
  private constructor(
    readonly paths: readonly string[],
    readonly current: ControlFile,
    private readonly now: () => Date,
  ) {}

  /** Reads all copies and goes on with the newest whole one. Throws when there is none. */
  static open(paths: readonly string[], now = () => new Date()): ControlFileStore {
    let newest: ControlFile | undefined;
    let failure: unknown;
    for (const path of paths) {
      try {
        const found = readControlFile(path);
        if (newest === undefined || found.controlSequence > newest.controlSequence) newest = found;
      } catch (error) {
        failure = error;
      }
    }
    if (newest === undefined) throw failure;
    return new ControlFileStore(paths, newest, now);
  }

  /** Changes the control file in one step; `change` must not throw after its first assignment. */
  update<T>(change: (controlFile: ControlFile) => T): T {
    const result = change(this.current);
    this.current.controlSequence++;
    trimRecords(this.current, this.now());
    for (const path of this.paths) writeControlFile(path, this.current);
    return result;
  }
}
