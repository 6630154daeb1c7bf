// What a recovery point says of its data files and logs, put together from RMAN's own records, and whether it is consistent: the logs must
// cover every block that was read.
import { type RecoveryPointContents } from '@adyton/contracts';
import { compareScn, maxScn, type Scn } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { RunFailure } from '../runs/run-failure';
import { type DataFileFacts } from './backup-run';
import { closeOverBases } from './close-over-bases';

export type FileContents = RecoveryPointContents['dataFiles'][number];
export type LogContents = RecoveryPointContents['archivedLogs'][number];
export type BackedUpSets = Awaited<ReturnType<DatabaseFacts['backupDataFiles']>>;
export type BackedUpLogs = Awaited<ReturnType<DatabaseFacts['backupRedoLogs']>>;

/** @param all every available set of this incarnation. @throws RunFailure ADY_CHAIN_BROKEN */
export function fileContents(
  facts: DataFileFacts,
  set: BackedUpSets[number],
  all: BackedUpSets,
): FileContents {
  const bases = closeOverBases(set, all);
  if (bases.kind === 'broken')
    throw new RunFailure(
      'ADY_CHAIN_BROKEN',
      `data file ${facts.file}: the level 1 starts at SCN ${bases.atScn}, and no available base ends there`,
    );
  return {
    file: facts.file,
    name: facts.name,
    tablespace: facts.tablespace,
    bytes: facts.bytes,
    blockBytes: facts.blockBytes,
    level: set.level,
    checkpointScn: set.checkpointScn,
    absoluteFuzzyScn: set.absoluteFuzzyScn,
    incrementalScn: set.incrementalScn,
    handles: [...set.handles],
    baseHandles: [...bases.handles],
  };
}

export function logContents(log: BackedUpLogs[number]): LogContents {
  const { thread, sequence, resetlogsScn, firstScn, nextScn, handle } = log;
  return { thread, sequence, resetlogsScn, firstScn, nextScn, handle };
}

export function consistencyOf(
  files: readonly FileContents[],
  logs: readonly LogContents[],
): { consistentScn: Scn; redoFromScn: Scn } {
  if (files.length === 0) {
    const ends = logs.map((l) => l.nextScn).sort(compareScn);
    const starts = logs.map((l) => l.firstScn).sort(compareScn);
    return { consistentScn: ends[0] ?? ('0' as Scn), redoFromScn: starts[0] ?? ('0' as Scn) };
  }
  const checkpoints = files.map((f) => f.checkpointScn).sort(compareScn);
  return {
    consistentScn: maxScn(...files.flatMap((f) => [f.checkpointScn, f.absoluteFuzzyScn])),
    redoFromScn: checkpoints[0] ?? ('0' as Scn),
  };
}

/** Per thread the logs must lead without a gap from the first checkpoint to the last block that was read. @throws RunFailure ADY_LOG_GAP */
export function assertCovered(
  resetlogsScn: Scn,
  point: { consistentScn: Scn; redoFromScn: Scn; archivedLogs: readonly LogContents[] },
): void {
  const logs = point.archivedLogs.filter((l) => compareScn(l.resetlogsScn, resetlogsScn) === 0);
  for (const thread of new Set(logs.map((l) => l.thread))) {
    let reached = point.redoFromScn;
    for (const log of logs
      .filter((l) => l.thread === thread)
      .sort((a, b) => compareScn(a.firstScn, b.firstScn))) {
      if (compareScn(log.firstScn, reached) <= 0) reached = maxScn(reached, log.nextScn);
    }
    if (compareScn(reached, point.consistentScn) < 0) {
      throw new RunFailure(
        'ADY_LOG_GAP',
        `thread ${thread}: the logs in the vault reach SCN ${reached}, the data files need ${point.consistentScn}`,
      );
    }
  }
  if (logs.length === 0)
    throw new RunFailure('ADY_LOG_GAP', 'no archived log of this incarnation is in the vault');
}
