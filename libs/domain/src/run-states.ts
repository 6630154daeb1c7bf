// A run is one execution of a claimed request. Nobody leaves `committing` except through the manifest: see vault format.
import { type TransitionTable } from './state-machine';

export type RunState =
  'planning' | 'running' | 'committing' | 'succeeded' | 'degraded' | 'failed' | 'cancelled';

export const runTransitions: TransitionTable<RunState> = {
  planning: ['running', 'failed', 'cancelled'],
  running: ['committing', 'succeeded', 'failed', 'cancelled'], // a restore ends in succeeded without a commit
  committing: ['succeeded', 'degraded', 'failed'],
  succeeded: [],
  degraded: [],
  failed: [],
  cancelled: [],
};

/** The phases a person sees while a run is on its way, in order. */
export const runPhases = [
  'claimed',
  'identity',
  'level',
  'estimate',
  'checks',
  'script',
  'transfer',
  'reconcile',
  'commit',
] as const;
export type RunPhase = (typeof runPhases)[number];

/** `full` is RMAN's BACKUP without INCREMENTAL, as people write it by hand: it restores, and no level 1 can build on it. */
export type BackupLevel = 'level0' | 'level1' | 'full' | 'archivelog';
