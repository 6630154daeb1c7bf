// What is done to the vault beside backing up: verify, collect, rebuild. A worker of the maintenance tier claims an operation and keeps it
// under a lease; one that lost its worker fails and is asked for again by whoever asked, never revived.
import { type TransitionTable } from './state-machine';

export type VaultOperationState = 'requested' | 'running' | 'succeeded' | 'failed';

export const vaultOperationTransitions: TransitionTable<VaultOperationState> = {
  requested: ['running', 'failed'],
  running: ['succeeded', 'failed'],
  succeeded: [],
  failed: [],
};
