// Channels: how many of RMAN's server processes a script uses, and how each finds our library and the dedup-worker.
import { type ChannelParms, type JobStatement } from './script/nodes';
import { RmanScriptError } from './script/terminals';

export interface ChannelSettings extends Omit<ChannelParms, 'channel'> {
  readonly count: number;
}

export function parmsOf(channels: ChannelSettings, channel: string): ChannelParms {
  const { libraryPath, socketPath, tokenFile, runId } = channels;
  return { libraryPath, socketPath, tokenFile, runId, channel };
}

/**
 * One ALLOCATE CHANNEL per channel, named `<letter>1`, `<letter>2`, …
 * @param letter `c` for backups, whose channels read one file at a time, `r` for restores
 * @throws RmanScriptError
 */
export function allocateChannels(channels: ChannelSettings, letter: 'c' | 'r'): JobStatement[] {
  if (!Number.isSafeInteger(channels.count) || channels.count < 1)
    throw new RmanScriptError('channels', 'at least one');
  return Array.from({ length: channels.count }, (_, i) => ({
    kind: 'allocate-channel',
    oneFileAtATime: letter === 'c',
    parms: parmsOf(channels, `${letter}${i + 1}`),
  }));
}
