/** Compares restored data files with a truth mark, whole files, by SHA-256. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DataFileHeader, makeDataFileHeader, readDataFileHeader } from '../formats/data-file-header';
import { parseScn } from '../formats/scn';
import { type TruthMark } from '../instance/instance-port';

const READ_BYTES = 4 * 1024 * 1024;

interface FileComparison {
  file: number;
  name: string;
  path: string;
  outcome: 'identical' | 'different' | 'missing';
  sha256: string | null;
  expectedSha256: string;
}

export interface Comparison {
  untilScn: string;
  dataFiles: number;
  identical: number;
  files: FileComparison[];
}

export interface CompareOptions {
  /** Files are matched by base name in this directory. */
  directory: string;
  /**
   * The database was opened with RESETLOGS: take the header's incarnation and checkpoint from the mark before hashing
   * (OPEN RESETLOGS rewrites just those). Only right while no transaction ran since.
   */
  afterResetlogs?: boolean;
  /** And it is a duplicate: its name and DBID are taken from the mark too. */
  duplicate?: boolean;
}

/** Hashes the files; one that is missing is an outcome. */
export async function compareFiles(mark: TruthMark, options: CompareOptions): Promise<Comparison> {
  const files: FileComparison[] = [];
  for (const expected of mark.files) {
    const path = join(options.directory, basename(expected.name));
    const sha256 = existsSync(path) ? await hashFile(path, expected.blockBytes, mark, options) : null;
    const same = sha256 === expected.sha256;
    files.push({
      file: expected.file,
      name: expected.name,
      path,
      outcome: sha256 === null ? 'missing' : same ? 'identical' : 'different',
      sha256,
      expectedSha256: expected.sha256,
    });
  }
  const identical = files.filter((file) => file.outcome === 'identical').length;
  return { untilScn: mark.untilScn, dataFiles: files.length, identical, files };
}

async function hashFile(
  path: string,
  blockBytes: number,
  mark: TruthMark,
  options: CompareOptions,
): Promise<string> {
  const hash = createHash('sha256');
  const window = Buffer.allocUnsafe(READ_BYTES);
  const fd = openSync(path, 'r');
  try {
    for (let at = 0; ;) {
      const got = readSync(fd, window, 0, READ_BYTES, at);
      if (got === 0) break;
      if (at === 0 && options.afterResetlogs === true) {
        takeHeaderFromMark(window.subarray(blockBytes, 2 * blockBytes), mark, options);
      }
      hash.update(window.subarray(0, got));
      at += got;
      await new Promise(setImmediate);
    }
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}

function takeHeaderFromMark(block: Buffer, mark: TruthMark, { duplicate = false }: CompareOptions): void {
  const read = readDataFileHeader(block);
  if (!read.ok) return;
  const header: DataFileHeader = {
    ...read.header,
    ...(duplicate ? { dbid: mark.dbid, dbName: mark.dbName } : {}),
    resetlogsScn: parseScn(mark.resetlogsScn),
    resetlogsStamp: mark.resetlogsId,
    checkpointScn: parseScn(mark.untilScn),
  };
  makeDataFileHeader(header).copy(block);
}
