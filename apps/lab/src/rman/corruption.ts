/** Corrupt blocks that a backup or VALIDATE of data files met: what it tells the instance, and what VALIDATE prints. */
import { type ControlFile } from '../control-file/control-file';
import { formatScn } from '../formats/scn';
import { type InstancePort } from '../instance/instance-port';
import { blocksIn } from './corrupt-blocks';
import { type FileInSet } from './multiplex-files';

/** Tells the instance what was found, also by a backup that failed of it; says nothing of files that are well and were. */
export async function noteCorruption(
  instance: InstancePort,
  { corruptBlocks = [] }: ControlFile,
  files: readonly FileInSet[],
): Promise<void> {
  for (const { record, progress } of files) {
    const { file } = record;
    const { examined, corrupt: found } = progress;
    const wasCorrupt = corruptBlocks.some((known) => known.file === file);
    if (found.length > 0 || wasCorrupt) await instance.noteCorruptBlocks({ file, examined, found });
  }
}

/** The list behind a validation. */
export function validationLines(files: readonly FileInSet[]): string[] {
  const isBad = ({ progress }: FileInSet) => progress.corrupt.length > 0;
  return [
    'List of Datafiles',
    '=================',
    'File Status Marked Corrupt Empty Blocks Blocks Examined High SCN',
    '---- ------ -------------- ------------ --------------- ----------',
    ...files.flatMap((one) => {
      const { record, progress } = one;
      const marked = blocksIn(progress.corrupt.filter((block) => block.marked === true));
      const columns = [
        String(record.file).padEnd(4),
        (isBad(one) ? 'FAILED' : 'OK').padEnd(6),
        String(marked).padEnd(14),
        String(progress.empty).padEnd(12),
        String(progress.blocksRead).padEnd(15),
        formatScn(progress.newestScn),
      ];
      return [columns.join(' '), `  File Name: ${record.name}`];
    }),
    '',
    ...(files.some(isBad) ? ['validate found one or more corrupt blocks', ''] : []),
  ];
}
