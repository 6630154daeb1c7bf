// Verifying a vault without a database: what its live recovery points need is there, is what was written, and comes back.
//   level 0  every manifest and recipe opens; every pack they name is listed, long enough, and ends with its footer
//   level 1  the sha256 of every pack is its name; every index segment opens
//   level 2  every chunk of every pack opens and has its id
//   level 3  every piece comes back whole; data-file blocks in it are checked by tail and checksum
// Each level includes those below it. Damage is a finding, never an error; a store that cannot be asked is an error, never damage.
import { checkAreas } from './check-areas';
import { listPacks, missingPacks } from './check-packs';
import { checkSessions } from './check-sessions';
import {
  checkCollections,
  checkPins,
  checkIndexSegments,
  checkKeySlots,
  checkVaultDocument,
} from './check-vault-objects';
import { readLiveClosure } from './live-closure';
import { tellDamagedPacks } from './tell-damaged-packs';
import { type VerifyOptions, type VerifyReport, VerifyRun } from './verify-run';

/** @throws ObjectStoreError when the store cannot be asked; what onFinding throws */
export async function verifyVault(options: VerifyOptions): Promise<VerifyReport> {
  const run = new VerifyRun(options);
  await checkVaultDocument(run);
  await checkKeySlots(run);
  const closure = await readLiveClosure(run);
  const writers = await listPacks(run, closure);
  await checkSessions(run, closure, writers);
  await checkCollections(run);
  await checkPins(run);
  if (run.level >= 1) await checkIndexSegments(run);
  const damagedPacks = missingPacks(closure);
  await checkAreas(run, closure, damagedPacks);
  await tellDamagedPacks(run, closure, damagedPacks);
  return run.report();
}
