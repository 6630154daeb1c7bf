// A restored control file against what the restore needs. It may list pieces that have gone since it was backed up, or that somebody called
// expired, and it lacks every later piece and its own.
import { isScriptableHandle } from '@adyton/rman';

export interface RestoredRecords {
  /** Handles that the control file lists on tape. */
  readonly listed: readonly string[];
  /** Handles of the pieces that the restore reads. */
  readonly needed: readonly string[];
  /** What the handles of our pieces begin with. */
  readonly prefix: string;
}

export interface RecordsToHeal {
  /** Needed, and listed: RMAN may call them expired. */
  readonly crosscheck: readonly string[];
  /** Needed, and not listed. */
  readonly catalog: readonly string[];
  /** Gone, and listed: RMAN would take them for there. */
  readonly uncatalog: readonly string[];
}

/** Pieces of ours that the control file lists and the restore can do without: RMAN may still choose them. */
export function listedBesides({ listed, needed, prefix }: RestoredRecords): string[] {
  const wanted = new Set(needed);
  return [...new Set(listed)].filter(
    (handle) => handle.startsWith(prefix) && isScriptableHandle(handle) && !wanted.has(handle),
  );
}

/**
 * What is gone is uncataloged and not crosschecked: a CROSSCHECK in doubt fails, and no damage of a piece that the restore can do without may
 * end it. Pieces of other vendors are left as they are.
 * @param held of those that are listed besides, the handles that the vault holds
 */
export function recordsToHeal(records: RestoredRecords, held: ReadonlySet<string>): RecordsToHeal {
  const onRecord = new Set(records.listed);
  const wanted = [...new Set(records.needed)];
  return {
    crosscheck: wanted.filter((handle) => onRecord.has(handle)),
    catalog: wanted.filter((handle) => !onRecord.has(handle)),
    uncatalog: listedBesides(records).filter((handle) => !held.has(handle)),
  };
}
