// Phases of a backup as an instance can tell them: by what RMAN and its channels ask of it.
import { type OperationName } from '../instance/instance-port';

/** Phase to the operation that begins it. */
export const PHASES = {
  /** RMAN or a channel logs in. */
  connect: 'registerSession',
  /** A data file's backup begins. */
  checkpoint: 'checkpoint',
  /** A backup set begins. */
  'backup-set': 'beginBackupSet',
  /** Blocks flow: progress is reported. */
  transfer: 'updateLongops',
  /** A finished set is about to be recorded. */
  record: 'recordBackup',
  /** The logs are switched and archived. */
  'archive-log': 'archiveLogCurrent',
  /** The control file is about to be copied. */
  'control-file': 'snapshotControlFile',
  /** A job of RMAN is over. */
  'job-end': 'endRmanJob',
} as const satisfies Record<string, OperationName>;

export type Phase = keyof typeof PHASES;

export function isPhase(text: string): text is Phase {
  return Object.hasOwn(PHASES, text);
}
