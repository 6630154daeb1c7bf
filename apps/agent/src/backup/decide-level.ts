// Step 2: asks the control file for each file's newest base and the vault which of them it holds, then lets the domain decide.
import { chooseBackupLevel, type LevelDecision } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { type BackupRun, type Identity } from './backup-run';

export async function decideLevel(
  run: BackupRun,
  database: DatabaseFacts,
  identity: Identity,
): Promise<LevelDecision> {
  const { claimed, controlPlane } = run;
  const [files, bases] = await Promise.all([database.dataFiles(), database.newestBases()]);
  const handles = [...bases.values()].map((base) => base.handle);
  const handlesInVault =
    handles.length === 0
      ? new Set<string>()
      : await controlPlane.handlesInVault(claimed.database.id, handles);
  return chooseBackupLevel({
    asked: claimed.kind,
    files: files.map((f) => ({ file: f.file, creationScn: f.creationScn, base: bases.get(f.file) ?? null })),
    resetlogsScn: identity.resetlogsScn,
    lastResetlogsScn: claimed.lastResetlogsScn,
    handlesInVault,
  });
}
