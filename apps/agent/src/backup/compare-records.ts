// RMAN's own records of our pieces against what the vault holds. Whatever a DBA or another vendor did to the records - CROSSCHECK through another
// library, DELETE FORCE, DELETE EXPIRED, UNCATALOG - shows as one of these, and none of it changed the vault.
import { type PieceToKnow } from '@adyton/contracts';
import { type DatabaseFacts } from '@adyton/oracle';
import { handlePrefix, isScriptableHandle } from '@adyton/rman';
import { type Identity, type Planning } from './backup-run';

export interface RecordGaps {
  /** Marked as expired, and in the vault. */
  readonly expired: readonly string[];
  /** Needed, and on no record: what RMAN was made to forget, or never learnt of. */
  readonly forgotten: readonly string[];
  /** On no record, and not needed: left alone until it is released. */
  readonly leftForRelease: readonly string[];
}

/** What v$backup_piece says of a piece: deleted ones keep a row for a while. */
interface RecordedPiece {
  readonly handle: string;
  readonly status: string;
}

/** @throws AdytonError, OracleError */
export async function findRecordGaps(
  { claimed, controlPlane }: Pick<Planning, 'claimed' | 'controlPlane'>,
  database: Pick<DatabaseFacts, 'recordKeepDays' | 'backupPieces'>,
  identity: Pick<Identity, 'dbid' | 'dbUniqueName'>,
): Promise<RecordGaps> {
  const prefix = `${handlePrefix(identity.dbid, identity.dbUniqueName)}/`;
  // in this order: RMAN records a piece after the vault has told of it
  const held = await controlPlane.piecesToKnow(claimed.database.id, await database.recordKeepDays());
  const ours = held.filter(({ handle }) => isScriptableHandle(handle));
  // what was backed up by hand has the names that its script gave it
  const allOfRuns = ours.every(({ handle }) => handle.startsWith(prefix));
  return compareRecords(
    ours,
    ours.length === 0 ? [] : await database.backupPieces(allOfRuns ? `${prefix}%` : '%'),
  );
}

/** A piece that somebody made UNAVAILABLE stays so: that is a decision, and takes nothing from the record. */
export function compareRecords(held: readonly PieceToKnow[], recorded: readonly RecordedPiece[]): RecordGaps {
  const statuses = new Map<string, Set<string>>();
  for (const { handle, status } of recorded)
    statuses.set(handle, (statuses.get(handle) ?? new Set()).add(status));
  const has = (handle: string, status: string): boolean => statuses.get(handle)?.has(status) === true;
  const lost = held.filter(({ handle }) => !has(handle, 'A') && !has(handle, 'U'));
  const unknown = lost.filter(({ handle }) => !has(handle, 'X'));
  const handlesOf = (pieces: readonly PieceToKnow[]): string[] => pieces.map(({ handle }) => handle);
  return {
    expired: handlesOf(lost.filter(({ handle }) => has(handle, 'X'))),
    forgotten: handlesOf(unknown.filter(({ unneeded }) => !unneeded)),
    leftForRelease: handlesOf(unknown.filter(({ unneeded }) => unneeded)),
  };
}
