// Channels: RMAN's server processes of a script, on which instance each runs, and how it finds our library and the dedup-worker there.
import { type ChannelParms, type InstanceAddress, type JobStatement } from './script/nodes';
import { RmanScriptError } from './script/terminals';

/** Where channels can run: the instance RMAN is connected to (null), or another one of the cluster. */
export interface ChannelPlace extends Pick<ChannelParms, 'libraryPath' | 'socketPath' | 'tokenFile'> {
  readonly connect: InstanceAddress | null;
}

export interface ChannelSettings {
  /** Channels of a script; at least one for each place. */
  readonly count: number;
  readonly runId: string;
  /** The first one is the instance RMAN is connected to. */
  readonly places: readonly [ChannelPlace, ...ChannelPlace[]];
}

export function parmsOf({ runId, places: [place] }: ChannelSettings, channel: string): ChannelParms {
  return parmsAt(place, runId, channel);
}

function parmsAt(
  { libraryPath, socketPath, tokenFile }: ChannelPlace,
  runId: string,
  channel: string,
): ChannelParms {
  return { libraryPath, socketPath, tokenFile, runId, channel };
}

/**
 * One ALLOCATE CHANNEL per channel, named `<letter>1`, `<letter>2`, …; the places take turns.
 * @param letter `c` for backups, whose channels read one file at a time, `r` for restores
 * @throws RmanScriptError
 */
export function allocateChannels(
  { count, runId, places }: ChannelSettings,
  letter: 'c' | 'r',
): JobStatement[] {
  if (!Number.isSafeInteger(count) || count < 1) throw new RmanScriptError('channels', 'at least one');
  return Array.from({ length: Math.max(count, places.length) }, (_, i) => {
    const place = places[i % places.length] ?? places[0];
    return {
      kind: 'allocate-channel',
      oneFileAtATime: letter === 'c',
      connect: place.connect,
      parms: parmsAt(place, runId, `${letter}${i + 1}`),
    };
  });
}

/** Names of the channels that allocateChannels gives the place with this address. */
export function channelsAt(
  { count, places }: ChannelSettings,
  isThere: (address: InstanceAddress) => boolean,
): string[] {
  return Array.from({ length: Math.max(count, places.length) }, (_, i) => i)
    .filter((i) => {
      const address = places[i % places.length]?.connect ?? null;
      return address !== null && isThere(address);
    })
    .map((i) => `c${i + 1}`);
}

/** On the instance RMAN is connected to, and nowhere else. */
export function onPrimary(channels: ChannelSettings): ChannelSettings {
  return { ...channels, places: [channels.places[0]] };
}
