// Changes without redo (NOLOGGING) that no backup covers: until the file is backed up again, recovery would leave their blocks corrupt.
import { compareScn, type Scn } from '@adyton/domain';
import { checkThat, type Check } from '../checks/check-that';

export interface NologgingFile {
  readonly file: number;
  readonly name: string;
  readonly unrecoverableScn: Scn;
}

export function judgeNologging(
  files: readonly NologgingFile[],
  /** Checkpoint of each file's newest backup. */
  newest: ReadonlyMap<number, Scn>,
): Check {
  const uncovered = files.flatMap(({ file, name, unrecoverableScn }) => {
    const from = newest.get(file) ?? null;
    if (unrecoverableScn === '0' || (from !== null && compareScn(unrecoverableScn, from) <= 0)) return [];
    return [
      `file ${file} (${name}): changes without redo between SCN ${from ?? '0'} and ${unrecoverableScn}`,
    ];
  });
  return checkThat(
    'nologging',
    uncovered.length === 0,
    uncovered.length === 0 ? 'no change without redo since the last backup' : uncovered.join('; '),
  );
}
