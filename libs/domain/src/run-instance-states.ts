// The other instances of a cluster that a run may use, beside the primary it was started on. One that fails a pre-check is out for this run
// only; one that is lost stays lost for it, whatever happens to the instance afterwards.
import { type TransitionTable } from './state-machine';

export type RunInstanceState = 'asked' | 'eligible' | 'ineligible' | 'lost';

export const runInstanceTransitions: TransitionTable<RunInstanceState> = {
  asked: ['eligible', 'ineligible'],
  eligible: ['lost'],
  ineligible: [],
  lost: [],
};
