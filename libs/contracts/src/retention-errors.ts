// The part of the error catalog that is about recovery points on their way out.
import { type ErrorSpec } from './error-spec';

export const retentionErrors = {
  ADY_RECOVERY_POINT_STATE: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'The recovery point is not in a state that allows this',
    hint: 'what has expired cannot be taken back; adyton retention show DATABASE shows what still can',
  },
  ADY_UNCATALOG_PENDING: {
    http: 409,
    retry: 'later',
    exit: 1,
    title: 'RMAN has been asked to forget pieces and has not answered yet',
    hint: 'nothing is to be done: it takes seconds, and the agent is asked again within five minutes',
  },
  ADY_INTERRUPTED_KEPT: {
    http: 409,
    retry: 'later',
    exit: 1,
    title: 'What an interrupted backup left is kept for a week, because the next one may go on from it',
    hint: 'nothing is to be done: recovery points that were built on it leave the vault with it',
  },
  ADY_UNCATALOG_FAILED: {
    http: 409,
    retry: 'later',
    exit: 1,
    title: 'RMAN still lists pieces it was told to forget',
    hint: 'nothing was deleted; the agent is asked again by itself, and its log has what RMAN printed',
  },
  ADY_SITE_REACHABLE: {
    http: 409,
    retry: 'later',
    exit: 4,
    title: 'The agent of the database runs and has not failed to reach RMAN',
    hint: 'its RMAN will be asked, and must be while it lists the pieces; forget is for a database that is gone',
  },
  ADY_DATABASE_PROTECTED: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'The database is still being backed up',
    hint: 'end that first: adyton policy set DATABASE --disable …, adyton schedule remove ID, and the end of its runs',
  },
} as const satisfies Record<string, ErrorSpec>;
