// What the restore will make RMAN do, as comment lines. The commands themselves are composed by the agent when the run starts, because
// only then the run's token, socket and channels are known; the run shows them.
import { type RecoveryPointContents, type RestorePlan } from '@adyton/contracts';
import { type SelectedRestore } from './select-restore';

export function previewScript(
  contents: RecoveryPointContents,
  selected: Omit<SelectedRestore, 'contents'>,
  target: RestorePlan['target'],
): string {
  const sequences = selected.archivedLogs.map((log) => `${log.thread}/${log.sequence}`);
  const lines = [
    `outline of the restore of ${contents.dbUniqueName}; the run shows the script itself`,
    `DBID ${contents.dbid}`,
    `instance ${target.oracleSid}, files below ${target.directory}`,
    `control file from ${selected.controlFileHandle}, to where the parameter file of ${target.oracleSid} says; nothing may lie there`,
    `data files ${contents.dataFiles.map((f) => f.file).join(', ') || 'none'}`,
    ...selected.missingFiles.map((f) => `WITHOUT data file ${f.file} ${f.name}: ${f.detail}`),
    ...selected.recreatedFiles.map(
      (f) =>
        `data file ${f.file} ${f.name} is in no piece: made anew, filled from the redo since SCN ${f.creationScn}`,
    ),
    `archived logs (thread/sequence) ${sequences.join(', ') || 'none'}`,
    `until SCN ${selected.untilScn}, exclusive`,
    `${selected.handles.length} backup pieces are read; those the control file does not list are cataloged, those it lists and the vault lacks are taken off its records`,
  ];
  return lines.map((line) => `# ${line}\n`).join('');
}
