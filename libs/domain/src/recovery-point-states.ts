// A recovery point is there until retention lets it go, and may be taken back until its grace time is over. `corrupt` comes and goes with
// what verification finds. Expired is for ever: its pieces are on their way out.
import { type TransitionTable } from './state-machine';

export type RecoveryPointState = 'available' | 'corrupt' | 'expiring' | 'expired';

export const recoveryPointTransitions: TransitionTable<RecoveryPointState> = {
  available: ['corrupt', 'expiring'],
  corrupt: ['available', 'expiring'],
  expiring: ['available', 'corrupt', 'expired'],
  expired: [],
};
