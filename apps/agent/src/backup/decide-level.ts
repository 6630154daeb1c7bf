// Step 2: asks the control file for each file's newest base and the vault which of them it holds, then lets the domain decide.
import { chooseBackupLevel, type LevelDecision } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { handlePrefix } from '@adyton/rman';
import { judgeAccess, type Access } from './judge-access';
import { type DataFileFacts, type Identity, type Planning } from './backup-run';

export interface LevelFacts {
  readonly decision: LevelDecision;
  /** All of them, those that cannot be read too. */
  readonly dataFiles: readonly DataFileFacts[];
  readonly access: Access;
  readonly bases: Awaited<ReturnType<DatabaseFacts['newestBases']>>;
}

/** @throws RunFailure ADY_SYSTEM_FILE_INACCESSIBLE; AdytonError; OracleError */
export async function decideLevel(
  run: Pick<Planning, 'claimed' | 'controlPlane'>,
  database: DatabaseFacts,
  identity: Identity,
): Promise<LevelFacts> {
  const { claimed, controlPlane } = run;
  const [dataFiles, bases] = await Promise.all([database.dataFiles(), database.newestBases()]);
  const access = judgeAccess(dataFiles);
  const handles = [...bases.values()].map((base) => base.handle);
  const handlesInVault =
    handles.length === 0
      ? new Set<string>()
      : await controlPlane.handlesInVault(claimed.database.id, handles);
  const decision = chooseBackupLevel({
    asked: claimed.kind,
    files: access.readable.map((f) => ({
      file: f.file,
      creationScn: f.creationScn,
      base: bases.get(f.file) ?? null,
    })),
    resetlogsScn: identity.resetlogsScn,
    lastPoint: claimed.lastPoint,
    ownPrefix: `${handlePrefix(identity.dbid, identity.dbUniqueName)}/`,
    handlesInVault,
  });
  return { decision, dataFiles, access, bases };
}
