// The part of the error catalog that is about requests on their way to a run: admitted, waiting, claimed, over.
import { type ErrorSpec } from './error-spec';

export const requestErrors = {
  ADY_AGENT_NOT_RUNNING: {
    http: 409,
    retry: 'operator',
    exit: 6,
    title: 'The agent of this database is not running',
    hint: 'start it on the database host (systemctl start adyton-agent), then ask again',
  },
  ADY_QUEUE_UNAVAILABLE: {
    http: 503,
    retry: 'later',
    exit: 1,
    title: 'The job queue cannot be reached',
    hint: 'check that Redis runs and that ADYTON_REDIS_URL is right; nothing was left behind that could start later',
  },
  ADY_LEDGER_UNAVAILABLE: {
    http: 503,
    retry: 'later',
    exit: 1,
    title: 'The ledger cannot be reached',
    hint: 'check that Postgres runs and that ADYTON_LEDGER_URL is right',
  },
  ADY_CLAIMS_WAITING: {
    http: 503,
    retry: 'later',
    exit: 1,
    title: 'More runs are waiting to begin than the control-plane begins at once',
    hint: 'nothing to do: the request is offered again; when it comes often, give the schedules jitter (jitterSeconds) or run more control-planes',
  },
  ADY_EXPIRED: {
    http: 410,
    retry: 'operator',
    exit: 7,
    title: 'The expiry window ended before the agent could start',
    hint: 'find out why the agent was away (adyton doctor), then request a new backup or replay this one',
  },
  ADY_MISSED: {
    http: 410,
    retry: 'operator',
    exit: 7,
    title: 'The slot of a schedule went by without a run',
    hint: 'find out why the scheduler was away (adyton doctor); the newest slot inside its window runs by itself',
  },
  ADY_SUPERSEDED: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'A later request took its place',
    hint: 'look at the request that superseded it',
  },
  ADY_RUN_ACTIVE: {
    http: 409,
    retry: 'later',
    exit: 8,
    title: 'A run of this database and lane is active or waiting',
    hint: 'watch it with adyton run watch, or wait for its end',
  },
  ADY_NOT_CLAIMABLE: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'The request cannot be claimed any more',
    hint: 'it ended, expired or was claimed before; nothing is to be done',
  },
  ADY_NOT_REPLAYABLE: {
    http: 409,
    retry: 'never',
    exit: 4,
    title: 'Only a failed, cancelled or expired run can be replayed',
    hint: 'request a new backup instead',
  },
  ADY_CANCELLED: {
    http: 409,
    retry: 'never',
    exit: 1,
    title: 'The run was cancelled',
    hint: 'replay it when wanted',
  },
} as const satisfies Record<string, ErrorSpec>;
