// Wakes the dedup-worker of this host. If it is not reached, its session opens when the first channel says hello.
import { type AgentTools, type BackupRun } from './backup-run';

export async function ringDedupWorker(
  run: BackupRun,
  occasion: Parameters<AgentTools['ringDedupWorker']>[1],
): Promise<void> {
  try {
    await run.ringDedupWorker(run.claimed, occasion);
  } catch (error) {
    run.log.warn({ runId: run.claimed.runId, err: error }, 'dedup-worker.not-rung');
  }
}
