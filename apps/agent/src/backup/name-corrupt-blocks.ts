// RMAN says that a data file has more corrupt blocks than it may have, and names only the file: the database knows which blocks. The reason
// names them, and the recovery point from which they can be repaired.
import { type CorruptBlocks, type DatabaseFacts } from '@adyton/oracle';
import { RunFailure } from '../runs/run-failure';
import { type BackupRun } from './backup-run';

/** Runs of blocks named in a reason; the rest is counted. */
const NAMED_MAX = 10;

/** @returns the failure with the blocks in it; any other error as it is. @throws OracleError when the database cannot be asked any more */
export async function nameCorruptBlocks(
  { claimed }: Pick<BackupRun, 'claimed'>,
  database: Pick<DatabaseFacts, 'corruptBlocks'>,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof RunFailure) || error.code !== 'ADY_CORRUPT_BLOCKS') return error;
  const detail = `${describeBlocks(await database.corruptBlocks())}; ${describePoint(claimed.lastPoint)}`;
  return new RunFailure(error.code, detail, error.oraErrors, { cause: error });
}

function describeBlocks(found: readonly CorruptBlocks[]): string {
  const named = found.slice(0, NAMED_MAX).map(({ file, name, firstBlock, blocks, type }) => {
    const range = blocks === 1 ? `block ${firstBlock}` : `blocks ${firstBlock} to ${firstBlock + blocks - 1}`;
    return `data file ${file} (${name ?? 'dropped since'}) ${range} (${type})`;
  });
  if (named.length === 0) return 'RMAN met corrupt blocks, and the database lists none';
  const more = found.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A backup reads every block it takes and fails at a corrupt one, so any point there is holds them whole. */
function describePoint(last: BackupRun['claimed']['lastPoint']): string {
  return last === null
    ? 'there is no recovery point to repair them from'
    : `last good recovery point: ${last.id} of ${last.completedAt}, consistent at SCN ${last.consistentScn}`;
}
