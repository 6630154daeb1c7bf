// Which data files can be backed up. RMAN stops a whole BACKUP for one file it cannot read, and with SKIP it leaves files out without an error;
// so the script names the readable ones, and the others are named in plan, run and recovery point.
import { type RecoveryPointContents } from '@adyton/contracts';
import { checkThat, type Check } from '../checks/check-that';
import { RunFailure } from '../runs/run-failure';
import { type DataFileFacts } from './backup-run';

export type LeftOutFile = RecoveryPointContents['leftOut'][number];

export interface Access {
  readonly readable: readonly DataFileFacts[];
  readonly leftOut: readonly LeftOutFile[];
  readonly check: Check;
}

/** What the header view shows for a file that is offline and in order. */
const IN_ORDER: readonly string[] = ['OFFLINE NORMAL'];

/** @throws RunFailure ADY_SYSTEM_FILE_INACCESSIBLE: without its SYSTEM files no database can be restored */
export function judgeAccess(dataFiles: readonly DataFileFacts[]): Access {
  const unreadable = dataFiles.filter(isUnreadable);
  const system = unreadable.find((f) => f.status === 'SYSTEM');
  if (system !== undefined)
    throw new RunFailure(
      'ADY_SYSTEM_FILE_INACCESSIBLE',
      `data file ${system.file} (${system.name}): ${system.headerError ?? ''}`,
    );
  return {
    readable: dataFiles.filter((f) => !isUnreadable(f)),
    leftOut: unreadable.map((f) => leftOut(f, 'inaccessible', `it cannot be read: ${f.headerError ?? ''}`)),
    check: checkThat(
      'data-files',
      unreadable.length === 0,
      unreadable.length === 0
        ? `${dataFiles.length} data file(s) can be read`
        : unreadable.map((f) => `data file ${f.file} (${f.name}): ${f.headerError ?? ''}`).join('; '),
    ),
  };
}

export function leftOut(facts: DataFileFacts, reason: LeftOutFile['reason'], detail: string): LeftOutFile {
  const { file, name, tablespace, bytes, status } = facts;
  return { file, name, tablespace, bytes, status, reason, detail };
}

function isUnreadable({ headerError }: DataFileFacts): boolean {
  return headerError !== null && !IN_ORDER.includes(headerError);
}
