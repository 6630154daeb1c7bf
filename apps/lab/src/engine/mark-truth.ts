/** A truth mark: per data file the SHA-256 it would have if checkpointed now, taken without changing anything. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDataFileHeader } from '../formats/data-file-header';
import { formatScn } from '../formats/scn';
import { type TruthMark } from '../instance/instance-port';
import { type Database, type OpenFile } from './database';

const READ_BYTES = 4 * 1024 * 1024;
const HEADER_BLOCK = 1;

/** Takes the mark; transactions wait meanwhile. */
export function markTruth(database: Database, now: () => Date): Promise<TruthMark> {
  return database.exclusively(async () => {
    const controlFile = database.store.current;
    const untilScn = formatScn(database.nextScn);
    const headers = new Map([...database.files.keys()].map((file) => [file, database.headerNow(file)]));
    const files: TruthMark['files'] = [];
    for (const [file, open] of database.files) {
      const header = headers.get(file);
      if (header === undefined) throw new Error(`data file ${file} came online during the mark`);
      const sha256 = await hashAsCheckpointed(database, open, makeDataFileHeader(header));
      const { blocks, blockBytes, path: name } = open.handle;
      files.push({ file, name, blocks, blockBytes, sha256 });
    }
    const { dbid, dbName, resetlogsScn, resetlogsId } = controlFile;
    return { untilScn, at: now().toISOString(), dbid, dbName, resetlogsScn, resetlogsId, files };
  });
}

/** Writes truth/<untilScn>.json. */
export function writeTruthMark(directory: string, mark: TruthMark): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(truthMarkPath(directory, mark.untilScn), JSON.stringify(mark, null, 2) + '\n');
}

/** Reads truth/<untilScn>.json; fails like open(2) when there is none. */
export function readTruthMark(directory: string, untilScn: string): TruthMark {
  return JSON.parse(readFileSync(truthMarkPath(directory, untilScn), 'utf8')) as TruthMark;
}

function truthMarkPath(directory: string, untilScn: string): string {
  return join(directory, `${untilScn}.json`);
}

async function hashAsCheckpointed(database: Database, { handle }: OpenFile, header: Buffer): Promise<string> {
  const hash = createHash('sha256');
  const { blockBytes, file } = handle;
  const window = Buffer.allocUnsafe(READ_BYTES);
  const end = (handle.blocks + 1) * blockBytes;
  for (let at = 0; at < end;) {
    // Read and overlay in one turn of the event loop, so that a checkpoint between two turns changes nothing.
    const got = readSync(handle.fd, window, 0, Math.min(READ_BYTES, end - at), at);
    if (got % blockBytes !== 0 || got === 0) throw new Error(`${handle.path} ends inside a block`);
    for (let offset = 0; offset < got; offset += blockBytes) {
      const block = (at + offset) / blockBytes;
      const newer = block === HEADER_BLOCK ? header : database.cache.dirtyBlock(file, block)?.bytes;
      newer?.copy(window, offset);
    }
    hash.update(window.subarray(0, got));
    at += got;
    await new Promise(setImmediate);
  }
  return hash.digest('hex');
}
