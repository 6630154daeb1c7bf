// The RMAN script as a plan shows it. The agent composes the one that runs, when it knows the run's token, socket and directories;
// here those stand as words.
import { type Database, type RecoveryPointContents, type RestorePlan } from '@adyton/contracts';
import { type SelectedRestore } from './select-restore';

export function previewScript(
  database: Database,
  contents: RecoveryPointContents,
  selected: Omit<SelectedRestore, 'contents'>,
  target: RestorePlan['target'],
): string {
  void database;
  void contents;
  void selected;
  void target;
  return '';
}
