// Channels: how RMAN's server processes find our library, the dedup-worker's socket and the run's token.
import { checked, checkedNumber, RmanScriptError } from './rman-names';

export interface ChannelSettings {
  readonly count: number;
  readonly libraryPath: string;
  readonly socketPath: string;
  /** Path of the file that holds the token; the token itself is never in a script. */
  readonly tokenFile: string;
  readonly runId: string;
}

/** Our block size: a quarter of the default's round trips, and a multiple of every Oracle block size. */
const SBT_BLOCK_BYTES = 1_048_576;
/** Documented limits are larger; older releases were not. */
const PARMS_CHARS_MAX = 511;

export function parmsOf(channels: ChannelSettings, channel: string): string {
  const env = [
    `ADY_SOCK=${checked('path', 'socket path', channels.socketPath)}`,
    `ADY_TOKEN_FILE=${checked('path', 'token file', channels.tokenFile)}`,
    `ADY_RUN=${checked('word', 'run id', channels.runId)}`,
    `ADY_CHANNEL=${checked('word', 'channel', channel)}`,
  ].join(',');
  const parms = `SBT_LIBRARY=${checked('path', 'library path', channels.libraryPath)},BLKSIZE=${SBT_BLOCK_BYTES},ENV=(${env})`;
  if (parms.length > PARMS_CHARS_MAX)
    throw new RmanScriptError(
      'PARMS',
      `${parms.length} characters, at most ${PARMS_CHARS_MAX}: use shorter paths`,
    );
  return parms;
}

/** One ALLOCATE CHANNEL statement per channel, named `<letter>1`, `<letter>2`, … */
export function allocateChannels(channels: ChannelSettings, letter: 'c' | 'r', options = ''): string[] {
  if (channels.count < 1) throw new RmanScriptError('channels', 'at least one');
  return Array.from({ length: channels.count }, (_, i) => {
    const name = `${letter}${checkedNumber('channel', i + 1)}`;
    return `ALLOCATE CHANNEL ${name} DEVICE TYPE 'SBT_TAPE' ${options}PARMS '${parmsOf(channels, name)}';`;
  });
}
