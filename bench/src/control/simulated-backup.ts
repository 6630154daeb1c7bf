// What a simulated host does between claim and end of a backup: every call that agent and dedup-worker make for a small database, in their
// order and at their pace, with no database, no RMAN and no bytes behind them.
import { type ByteTotals, type RecoveryPointContents, type RunPlan, type RunScript } from '@adyton/contracts';
import { type RunPhase, type Scn } from '@adyton/domain';
import { createHash } from 'node:crypto';
import { ringDedupWorker } from '../../../apps/agent/src/backup/ring-dedup-worker';
import { submitCommit } from '../../../apps/agent/src/backup/submit-commit';
import { type BackupRun } from '../../../apps/agent/src/backup/backup-run';
import { type ControlPlane as DedupControlPlane } from '../../../apps/dedup-worker/src/control-plane';
import { identityOf } from './simulated-database';

/** Phases of a backup before its script; each is told at once. */
const PLANNING: readonly RunPhase[] = ['identity', 'level', 'estimate', 'checks', 'script'];
/** RMAN is started three times: data files, archived logs, control file. */
const RMAN_STEPS = 3;
/** What a run with few changes streams for, ms: a report of the dedup-worker comes after each second. */
const STEP_MS = 1_000;
const FILES = 4;
const FILE_BYTES = 512 * 2 ** 20;
const SCN = '48211903' as Scn;
const LOG_CHARS = 2_000;

export async function simulateBackup(run: BackupRun, dedup: DedupControlPlane): Promise<void> {
  const { lease, controlPlane, claimed } = run;
  for (const phase of PLANNING) await lease.enter(phase);
  await controlPlane.storePlan(claimed, planOf(claimed.lane), SCRIPTS);
  await lease.enter('transfer');
  await ringDedupWorker(run, 'begin');
  for (let step = 1; step <= RMAN_STEPS; step += 1) {
    await lease.pause(STEP_MS);
    const output = `RMAN> ${'channel c1: piece handle'.padEnd(LOG_CHARS, '.')}\n`;
    // as in the agent and the dedup-worker: neither output that is not taken nor a report ends a run
    await controlPlane.appendLog(claimed, output).catch(() => undefined);
    await dedup
      .reportIngest(claimed.runId, {
        fence: claimed.fence,
        totals: totalsAfter(step),
        pieces: Array.from({ length: step }, (_, i) => pieceOf(claimed.runId, i + 1)),
      })
      .catch(() => undefined);
  }
  await lease.enter('reconcile');
  await lease.enter('commit');
  await submitCommit(run, contentsOf(run));
}

/** The doorbell of a commit: the manifest is only named. */
export async function simulateCommit(
  dedup: DedupControlPlane,
  runId: BackupRun['claimed']['runId'],
): Promise<void> {
  const order = await dedup.commitOrder(runId);
  if (order.state !== 'committing') return;
  await dedup.reportCommitted(runId, {
    fence: order.fence,
    manifestKey: `manifest/${runId}-${order.fence}`,
    manifestSha256: createHash('sha256').update(runId).digest('hex'),
    totals: totalsAfter(RMAN_STEPS),
  });
}

const totalsAfter = (steps: number): ByteTotals => ({
  bytesRead: steps * FILE_BYTES,
  bytesNew: steps * 2 ** 20,
  bytesStored: steps * 2 ** 19,
});

function pieceOf(runId: string, step: number) {
  return {
    handle: `${runId}/${step}`,
    bytes: FILE_BYTES,
    bytesNew: 2 ** 20,
    bytesStored: 2 ** 19,
    closedAt: new Date().toISOString(),
  };
}

const SCRIPTS: RunScript[] = (['data', 'control-file'] as const).map((step) => ({
  step,
  text: 'RUN { ALLOCATE CHANNEL c1 DEVICE TYPE SBT_TAPE; BACKUP INCREMENTAL LEVEL 1 DATABASE; }',
}));

function planOf(lane: string): RunPlan {
  const files = Array.from({ length: FILES }, (_, i) => ({
    file: i + 1,
    name: `/u02/oradata/${lane}/file${i + 1}.dbf`,
    bytes: FILE_BYTES,
    bytesExpected: FILE_BYTES,
    bytesToRead: FILE_BYTES,
    method: 'whole-file',
    level: 0 as const,
    reason: 'first-backup',
    baseHandle: null,
    status: 'ONLINE',
  }));
  const checks = ['instance-open', 'archivelog-mode', 'primary-role', 'rman'].map((code) => ({
    ...{ code, verdict: 'ok' as const, evidence: 'simulated', hint: 'none' },
  }));
  return {
    ...{ level: 'level0', levelReason: 'first-backup', files, archivedLogs: [], checks },
    bytesExpected: FILES * FILE_BYTES,
  };
}

function contentsOf({ claimed }: BackupRun): RecoveryPointContents {
  const handles = Array.from({ length: RMAN_STEPS }, (_, i) => pieceOf(claimed.runId, i + 1).handle);
  const [data = '', logs = '', controlFile = ''] = handles;
  return {
    ...identityOf(claimed.database.id),
    ...{ dbName: 'BENCH', version: '19.0.0.0.0', platform: 'Linux x86 64-bit', resetlogsScn: SCN },
    ...{ level: 'level0', tag: 'BENCH', startedAt: claimed.startedAt, completedAt: new Date().toISOString() },
    ...{ consistentScn: SCN, redoFromScn: SCN, controlFileHandle: controlFile, spfileHandle: null },
    dataFiles: Array.from({ length: FILES }, (_, i) => ({
      ...{ file: i + 1, name: `/u02/oradata/file${i + 1}.dbf`, tablespace: 'USERS' },
      ...{ bytes: FILE_BYTES, blockBytes: 8192, level: 0 as const, checkpointScn: SCN },
      ...{ absoluteFuzzyScn: '0' as Scn, incrementalScn: '0' as Scn, handles: [data], baseHandles: [] },
    })),
    leftOut: [],
    archivedLogs: [{ thread: 1, sequence: 1, resetlogsScn: SCN, firstScn: SCN, nextScn: SCN, handle: logs }],
    closure: handles,
  };
}
