// What every step of a restore works with.
import { type ClaimedRestore } from '@adyton/contracts';
import { type AgentTools } from '../backup/backup-run';
import { type RunFiles } from '../rman/token-file';
import { type RunLease } from '../runs/run-lease';

export interface RestoreRun extends AgentTools {
  readonly claimed: ClaimedRestore;
  readonly lease: RunLease;
  readonly files: RunFiles;
}
