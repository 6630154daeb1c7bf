// Phases of a backup as an instance can tell them: by what RMAN and its channels ask of it.
import { type OperationName } from '../instance/instance-port';

/** A request that begins a phase; with `args`, only one that has these. */
interface Opening {
  operation: OperationName;
  args?: Readonly<Record<string, unknown>>;
}

export const PHASES = {
  /** RMAN or a channel logs in. */
  connect: [{ operation: 'registerSession' }],
  /** A data file's backup begins. */
  checkpoint: [{ operation: 'beginFileBackup' }, { operation: 'checkpoint' }],
  /** A backup set begins. */
  'backup-set': [{ operation: 'beginBackupSet' }],
  /** Blocks flow: progress is reported. */
  transfer: [{ operation: 'updateLongops' }],
  /** A finished set is about to be recorded. */
  record: [{ operation: 'recordBackup' }],
  /** The logs are switched and archived. */
  'archive-log': [{ operation: 'archiveLogCurrent' }],
  /** A set of archived logs begins. */
  'log-backup': [{ operation: 'beginBackupSet', args: { content: 'archived-logs' } }],
  /** The control file is about to be copied. */
  'control-file': [{ operation: 'snapshotControlFile' }],
  /** A job of RMAN is over, or one of its channels logs off. */
  'job-end': [{ operation: 'endRmanJob' }, { operation: 'endSession' }],
} as const satisfies Record<string, readonly [Opening, ...Opening[]]>;

export type Phase = keyof typeof PHASES;

export function isPhase(text: string): text is Phase {
  return Object.hasOwn(PHASES, text);
}

/** Whether the request is one that begins the phase. */
export function begins(phase: Phase, operation: OperationName, args: unknown): boolean {
  const given = (args ?? {}) as Record<string, unknown>;
  const openings: readonly Opening[] = PHASES[phase];
  return openings.some(
    (opening) =>
      opening.operation === operation &&
      Object.entries(opening.args ?? {}).every(([name, value]) => given[name] === value),
  );
}
