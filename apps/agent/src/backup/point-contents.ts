// What a recovery point says of its data files and logs, put together from RMAN's own records.
import { type RecoveryPointContents } from '@adyton/contracts';
import { type DatabaseFacts } from '@adyton/oracle';
import { RunFailure } from '../runs/run-failure';
import { type DataFileFacts, type Identity } from './backup-run';
import { closeOverBases } from './close-over-bases';

export type FileContents = RecoveryPointContents['dataFiles'][number];
export type RecreatedFile = NonNullable<RecoveryPointContents['recreatedFiles']>[number];
export type LogContents = RecoveryPointContents['archivedLogs'][number];
export type BackedUpSets = Awaited<ReturnType<DatabaseFacts['backupDataFiles']>>;
export type BackedUpLogs = Awaited<ReturnType<DatabaseFacts['backupRedoLogs']>>;

/** Which database it is a point of. */
export function databaseOf(
  identity: Identity,
): Pick<RecoveryPointContents, 'dbid' | 'dbName' | 'dbUniqueName' | 'version' | 'platform' | 'resetlogsScn'> {
  const { dbid, name: dbName, dbUniqueName, version, platform, resetlogsScn } = identity;
  return { dbid, dbName, dbUniqueName, version, platform, resetlogsScn };
}

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
