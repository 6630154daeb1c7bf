// The part of the error catalog that is about restores: what they start from, and what they must not touch.
import { type ErrorSpec } from './error-spec';

export const restoreErrors = {
  ADY_NO_RECOVERY_POINT: {
    http: 409,
    retry: 'operator',
    exit: 5,
    title: 'No recovery point reaches back that far',
    hint: 'adyton list backup shows the points; choose a later moment',
  },
  ADY_NOT_RECOVERABLE: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The logs in the vault do not reach that moment',
    hint: 'choose an earlier moment, or back up the archived logs first',
  },
  ADY_RESTORE_INCOMPLETE: {
    http: 409,
    retry: 'never',
    exit: 5,
    title: 'The restored database would lack data files',
    hint: 'restore to an SCN that a complete recovery point reaches, or plan again with --accept-missing to go without these files',
  },
  ADY_TARGET_NOT_EMPTY: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The restore directory is not empty',
    hint: 'name a new or empty directory: a restore never overwrites',
  },
  ADY_TARGET_CONTROL_FILE: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'A control file lies where the restore would write one, or it cannot be seen whether one does',
    hint: 'name another --sid, whose parameter file has its control_files in the restore directory; to give up the database they belong to, or to replace damaged ones, move the old control files away first',
  },
  ADY_TARGET_RUNNING: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'An instance of that SID is running already',
    hint: 'shut it down if it is not needed, or name another --sid: a restore starts an instance of its own and touches no other',
  },
} as const satisfies Record<string, ErrorSpec>;
