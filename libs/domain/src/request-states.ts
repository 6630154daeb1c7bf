// A request is the ask (manual, scheduled or replay). Postgres holds its state; terminal states never change.
import { type TransitionTable } from './state-machine';

export type RequestState =
  | 'requested'
  | 'dispatching'
  | 'waiting_for_agent'
  | 'claimed'
  | 'failed'
  | 'expired'
  | 'superseded'
  | 'missed'
  | 'cancelled';

export const requestTransitions: TransitionTable<RequestState> = {
  requested: ['dispatching', 'waiting_for_agent', 'failed', 'missed'],
  dispatching: ['claimed', 'waiting_for_agent', 'failed', 'expired', 'superseded', 'cancelled'],
  waiting_for_agent: ['dispatching', 'claimed', 'failed', 'expired', 'superseded', 'cancelled'],
  // only when the run lost its agent: the next claim makes the next attempt, or there were too many
  claimed: ['waiting_for_agent', 'failed'],
  failed: [],
  expired: [],
  superseded: [],
  missed: [],
  cancelled: [],
};

export type RequestTrigger = 'manual' | 'scheduled' | 'replay';

/** What was asked for; the level itself is decided at run start, from the state of the database then. */
export type AskedKind = 'auto' | 'full' | 'incremental' | 'archivelog';

/** At most one run per database and lane is active, so a log backup never waits behind a level 0, nor anything behind a run by hand. */
export type Lane = 'data' | 'log' | 'restore' | 'external';

/** Who wrote RMAN's script: this product, or a person by hand. */
export const runOrigins = ['product', 'external'] as const;
export type RunOrigin = (typeof runOrigins)[number];

export function originOf(lane: Lane): RunOrigin {
  return lane === 'external' ? 'external' : 'product';
}

export function laneOf(asked: AskedKind): Lane {
  return asked === 'archivelog' ? 'log' : 'data';
}
