// Step 2: asks the control file for each file's newest bases and the vault which of them it holds, then lets the domain decide.
import { chooseBackupLevel, type DataFileBase, type LevelDecision } from '@adyton/domain';
import { type DatabaseFacts, type IncrementalBases } from '@adyton/oracle';
import { handlePrefix } from '@adyton/rman';
import { judgeAccess, type Access } from './judge-access';
import { type DataFileFacts, type Identity, type Planning } from './backup-run';

export interface LevelFacts {
  readonly decision: LevelDecision;
  /** All of them, those that cannot be read too. */
  readonly dataFiles: readonly DataFileFacts[];
  readonly access: Access;
  readonly bases: IncrementalBases;
}

/** @throws RunFailure ADY_SYSTEM_FILE_INACCESSIBLE; AdytonError; OracleError */
export async function decideLevel(
  run: Pick<Planning, 'claimed' | 'controlPlane'>,
  database: DatabaseFacts,
  identity: Identity,
): Promise<LevelFacts> {
  const { claimed, controlPlane } = run;
  const [dataFiles, bases] = await Promise.all([database.dataFiles(), database.incrementalBases()]);
  const access = judgeAccess(dataFiles);
  const handles = [...bases.parents.values()]
    .flat()
    .filter(isOnTape)
    .map(({ handle }) => handle);
  const handlesInVault =
    handles.length === 0
      ? new Set<string>()
      : await controlPlane.handlesInVault(claimed.database.id, handles);
  const decision = chooseBackupLevel({
    asked: claimed.kind,
    files: access.readable.map((f) => ({
      file: f.file,
      creationScn: f.creationScn,
      base: preferred(bases.parents.get(f.file) ?? [], handlesInVault),
    })),
    resetlogsScn: identity.resetlogsScn,
    lastPoint: claimed.lastPoint,
    ownPrefix: `${handlePrefix(identity.dbid, identity.dbUniqueName)}/`,
    handlesInVault,
  });
  return { decision, dataFiles, access, bases };
}

function isOnTape({ deviceType }: DataFileBase): boolean {
  return deviceType === 'SBT_TAPE';
}

/** Of several that hold the file as of the same SCN, RMAN's choice makes no difference: one of this vault, if there is one. */
function preferred(bases: readonly DataFileBase[], handlesInVault: ReadonlySet<string>): DataFileBase | null {
  return bases.find((base) => isOnTape(base) && handlesInVault.has(base.handle)) ?? bases[0] ?? null;
}
