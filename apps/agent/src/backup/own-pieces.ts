// The pieces of this run that RMAN has on record as available, and which of them the vault holds.
import { type DatabaseFacts } from '@adyton/oracle';
import { ownHandles, type RunNames } from '@adyton/rman';
import { type BackupRun } from './backup-run';

/** The dedup-worker tells the ledger of closed pieces every second; one that is not known after this was never closed, ms. */
const VAULT_WAIT_MS = 15_000;
const POLL_MS = 500;

export interface OwnPieces {
  /** In the vault. */
  readonly held: ReadonlySet<string>;
  /** On RMAN's record, and not in the vault. */
  readonly missing: readonly string[];
}

/** @throws RunFailure when the run must stop; OracleError, AdytonError */
export async function ownPieces(
  run: Pick<BackupRun, 'claimed' | 'controlPlane' | 'lease' | 'waitedFor'>,
  database: DatabaseFacts,
  names: RunNames,
): Promise<OwnPieces> {
  const recorded = await availablePieces(database, ownHandles(names));
  const missing = await missingInVault(run, recorded);
  const held = new Set(recorded);
  for (const handle of missing) held.delete(handle);
  return { held, missing };
}

/** Handles with that beginning that RMAN has on record as available. */
export async function availablePieces(database: DatabaseFacts, prefix: string): Promise<string[]> {
  const pieces = await database.backupPieces(`${prefix}%`);
  // `_` of LIKE is any character
  return pieces.filter((p) => p.status === 'A' && p.handle.startsWith(prefix)).map((p) => p.handle);
}

/** Those of the handles that the vault does not hold, after it had its time to tell; which it has once: a host that vanished tells nothing more. */
export async function missingInVault(
  {
    claimed,
    controlPlane,
    lease,
    waitedFor,
  }: Pick<BackupRun, 'claimed' | 'controlPlane' | 'lease' | 'waitedFor'>,
  handles: readonly string[],
): Promise<string[]> {
  let missing = [...handles];
  for (let waitedMs = 0; missing.length > 0; waitedMs += POLL_MS) {
    const known = await controlPlane.handlesInVault(claimed.database.id, missing);
    missing = missing.filter((h) => !known.has(h));
    if (missing.every((h) => waitedFor.has(h)) || waitedMs >= VAULT_WAIT_MS) break;
    await lease.pause(POLL_MS);
  }
  for (const handle of missing) waitedFor.add(handle);
  return missing;
}
