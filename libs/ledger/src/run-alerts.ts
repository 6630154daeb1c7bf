// What the end of a run means for alerts: one that failed raises, the next that succeeds in its lane resolves.
import { type Reason } from '@adyton/contracts';
import { type DatabaseId, type Lane, type RunId, type RunState } from '@adyton/domain';
import { raiseAlert, resolveAlerts } from './alerts';
import { type LedgerSession } from './ledger';
import { hasMoved } from './read-moves';
import { type Operation } from './tables';

export interface EndedRun {
  readonly id: RunId;
  readonly databaseId: DatabaseId;
  readonly operation: Operation;
  readonly lane: Lane;
  readonly to: Extract<RunState, 'succeeded' | 'degraded' | 'failed' | 'cancelled'>;
  readonly reason: Reason | null;
  readonly principal: string;
}

/** The subject of alerts about the backups of a database in one lane. */
export function laneSubject(databaseId: DatabaseId, lane: Lane): string {
  return `${databaseId}/${lane}`;
}

export async function noteRunEnd(tx: LedgerSession, run: EndedRun): Promise<void> {
  if (run.to === 'cancelled') return; // somebody wanted it
  if (run.to === 'failed' || run.to === 'degraded') await raise(tx, run);
  if (run.to === 'succeeded' || run.to === 'degraded') await resolve(tx, run);
}

async function raise(tx: LedgerSession, run: EndedRun): Promise<void> {
  const { databaseId, reason, principal } = run;
  const kindOfBackup = run.to === 'failed' ? 'backup_failed' : 'backup_degraded';
  await raiseAlert(tx, {
    kind: run.operation === 'restore' ? 'restore_failed' : kindOfBackup,
    subject: run.operation === 'restore' ? databaseId : laneSubject(databaseId, run.lane),
    databaseId,
    detail: `run ${run.id}: ${reason?.code ?? ''} ${reason?.detail ?? ''}`,
    reason,
    principal,
    repeat: 'counts',
  });
}

async function resolve(tx: LedgerSession, run: EndedRun): Promise<void> {
  const { databaseId, principal } = run;
  const over = { databaseId, resolution: `run ${run.id} ${run.to}`, principal };
  if (run.operation === 'restore') {
    await resolveAlerts(tx, { ...over, kinds: ['restore_failed'] });
    return;
  }
  const isWhole = run.to === 'succeeded';
  await resolveAlerts(tx, {
    ...over,
    subject: laneSubject(databaseId, run.lane),
    kinds: [
      'backup_failed',
      'request_expired',
      'request_missed',
      ...(isWhole ? (['backup_degraded'] as const) : []),
    ],
  });
  await resolveAlerts(tx, {
    ...over,
    kinds: [
      'log_backup_overdue',
      ...(run.lane === 'data' ? (['data_backup_overdue'] as const) : []),
      ...(isWhole ? (['instance_lost'] as const) : []),
      ...((await hasMoved(tx, run.id)) ? [] : (['backup_moved'] as const)),
    ],
  });
}
