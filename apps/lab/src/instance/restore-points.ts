/** CREATE and DROP RESTORE POINT: names for moments, in the control file. There is no flashback: a guaranteed one only says that it is one. */
import { formatScn, parseScn } from '../formats/scn';
import { type Instance } from './instance';
import { OraError } from './ora-error';
import { type AlterCommand } from './parse-alter';

/** Oracle's own limit. */
const RESTORE_POINTS_MAX = 2048;

type RestorePointCommand = Extract<AlterCommand, { kind: 'create-restore-point' | 'drop-restore-point' }>;

export function changeRestorePoints(instance: Instance, command: RestorePointCommand): void {
  if (command.kind === 'create-restore-point') createRestorePoint(instance, command);
  else dropRestorePoint(instance, command.name);
}

/** Throws ORA-38778 for a name that is taken, ORA-38779 beyond the limit. */
function createRestorePoint(
  instance: Instance,
  { name, guaranteed }: { name: string; guaranteed: boolean },
): void {
  const store = instance.store();
  const { currentScn } = instance.identity();
  const { restorePoints = [], resetlogsScn } = store.current;
  if (restorePoints.some((point) => point.name === name))
    throw new OraError(38778, `Restore point '${name}' already exists.`);
  if (restorePoints.length >= RESTORE_POINTS_MAX)
    throw new OraError(38779, 'cannot create restore point - too many restore points.');
  // The instance's current SCN is that of the next change.
  const scn = formatScn(parseScn(currentScn) - 1n);
  const at = instance.options.now().toISOString();
  store.update((controlFile) => {
    controlFile.restorePoints = [...restorePoints, { name, scn, at, resetlogsScn, guaranteed }];
  });
}

/** Throws ORA-38780. */
function dropRestorePoint(instance: Instance, name: string): void {
  const store = instance.store();
  const { restorePoints = [] } = store.current;
  const left = restorePoints.filter((point) => point.name !== name);
  if (left.length === restorePoints.length)
    throw new OraError(38780, `Restore point '${name}' does not exist.`);
  store.update((controlFile) => {
    controlFile.restorePoints = left;
  });
}
