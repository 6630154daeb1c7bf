/** labctl damage: flips bytes of one block on disk, behind the instance's back. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { readControlFile } from '../control-file/control-file-store';
import { checkBlock } from '../formats/block';
import { UsageError } from './usage-error';

/** Where in the block the flipped bytes start: inside the rows, not in the header. */
const DAMAGE_OFFSET = 4096;
const DAMAGE_BYTES = 8;

/** Damages block `block` of file `file`; the answer says what its check found before and after. */
export function damageBlock(
  controlFilePath: string,
  options: { file: number; block: number },
): Record<string, unknown> {
  const record = readControlFile(controlFilePath).dataFiles.find(({ file }) => file === options.file);
  if (record === undefined) throw new UsageError(`no data file ${options.file}`);
  if (options.block < 1 || options.block > record.blocks) throw new UsageError(`no block ${options.block}`);
  const bytes = Buffer.alloc(record.blockBytes);
  const at = options.block * record.blockBytes;
  const fd = openSync(record.name, 'r+');
  try {
    readSync(fd, bytes, 0, bytes.length, at);
    const before = checkBlock(bytes);
    for (let i = DAMAGE_OFFSET; i < DAMAGE_OFFSET + DAMAGE_BYTES; i += 3)
      bytes.writeUInt8(bytes.readUInt8(i) ^ 0xff, i);
    writeSync(fd, bytes, 0, bytes.length, at);
    return { name: record.name, ...options, before, after: checkBlock(bytes) };
  } finally {
    closeSync(fd);
  }
}
