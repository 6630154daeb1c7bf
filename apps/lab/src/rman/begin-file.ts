/** The moment from which a data file is backed up. */
import { type ControlFile, type DataFile } from '../control-file/control-file';
import { type BlockRange } from '../formats/block';
import { type InstancePort } from '../instance/instance-port';
import { type FileToBackUp } from './channel-protocol';
import { isOpenFile } from './select-files';

/**
 * Checkpoints a file that can change. An incremental backup also begins a new bitmap of block change tracking and answers the blocks that
 * may have changed since its parent; null: not tracked that far back, or a full backup, every block is read.
 */
export async function beginFile(
  instance: InstancePort,
  controlFile: ControlFile,
  { record, wanted, level }: { record: DataFile; wanted: FileToBackUp; level: 0 | 1 | null },
): Promise<BlockRange[] | null> {
  const { file, enabled } = record;
  if (enabled !== 'READ WRITE' || !isOpenFile(controlFile, record)) return null;
  if (level === null) {
    await instance.checkpoint({ file });
    return null;
  }
  return (await instance.beginFileBackup({ file, level, sinceScn: wanted.incrementalScn })).changed;
}
