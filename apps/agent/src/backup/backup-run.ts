// What every phase of a backup gets: the claimed run, its lease, its files, and the way to the control-plane.
import { type BackupQuestion, type ClaimedBackup } from '@adyton/contracts';
import { runToken } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { handlePrefix, type ChannelPlace, type ChannelSettings, type RunNames } from '@adyton/rman';
import { type Clock, type Logger } from '@adyton/runtime';
import { type AgentConfig } from '../config';
import { type ControlPlane } from '../control-plane';
import { type RunFiles } from '../rman/token-file';
import { type RunLease } from '../runs/run-lease';

export interface AgentTools {
  readonly config: AgentConfig;
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  readonly log: Logger;
  /** Wakes the dedup-worker of this host; a failure is harmless, because sessions open on demand. */
  ringDedupWorker(
    run: { readonly runId: ClaimedBackup['runId']; readonly fence: number },
    /** `end`: once more, for a worker that was started anew since and does not know the run. */
    occasion: 'begin' | 'end',
  ): Promise<void>;
}

export interface BackupRun extends AgentTools {
  readonly claimed: ClaimedBackup;
  readonly lease: RunLease;
  readonly files: RunFiles;
  /** Handles that the vault did not tell of in their time: nobody waits for one of them again. */
  readonly waitedFor: Set<string>;
}

/** What planning needs. A dry run has no lease and no token file that anybody reads. */
export interface Planning extends Pick<AgentTools, 'config' | 'controlPlane' | 'clock'> {
  readonly claimed: BackupQuestion & Pick<ClaimedBackup, 'runId' | 'fence'>;
  readonly files: Pick<RunFiles, 'tokenFile'>;
}

export type Identity = Awaited<ReturnType<DatabaseFacts['identity']>>;
export type DataFileFacts = Awaited<ReturnType<DatabaseFacts['dataFiles']>>[number];
export type ArchivedLogFacts = Awaited<ReturnType<DatabaseFacts['archivedLogs']>>[number];

/** Names of this run in tags, handles and command ids. */
export function namesOf({ claimed }: Pick<Planning, 'claimed'>, identity: Identity): RunNames {
  return {
    runToken: runToken(claimed.runId),
    fence: claimed.fence,
    handlePrefix: handlePrefix(identity.dbid, identity.dbUniqueName),
  };
}

type WithChannels = Pick<Planning, 'config' | 'files'> & {
  readonly claimed: { readonly runId: string; readonly database: { readonly channels: number } };
};

/** With one channel, whatever was registered, on an edition whose RMAN works through one at a time. */
export function withChannelsOfEdition<R extends Pick<Planning, 'claimed'>>(
  run: R,
  { isOneChannelEdition }: { readonly isOneChannelEdition: boolean },
): R {
  if (!isOneChannelEdition) return run;
  const { claimed } = run;
  return { ...run, claimed: { ...claimed, database: { ...claimed.database, channels: 1 } } };
}

/** @param places where channels can run; by default only the instance RMAN is connected to */
export function channelsOf(
  run: WithChannels,
  places: ChannelSettings['places'] = [channelPlaceOf(run)],
): ChannelSettings {
  return { count: run.claimed.database.channels, runId: run.claimed.runId, places };
}

interface PlaceOfHost {
  readonly config: Pick<AgentConfig, 'ADYTON_SBT_LIBRARY' | 'ADYTON_SBT_SOCKET'>;
  readonly files: Pick<RunFiles, 'tokenFile'>;
}

/** On the instance that RMAN is connected to. */
export function channelPlaceOf({ config, files }: PlaceOfHost): ChannelPlace {
  return {
    connect: null,
    libraryPath: config.ADYTON_SBT_LIBRARY,
    socketPath: config.ADYTON_SBT_SOCKET,
    tokenFile: files.tokenFile,
  };
}
