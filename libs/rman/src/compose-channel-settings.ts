// What a person puts into a script of their own: the channels of a run by hand. No secret is in it, only the path of the token file.
import { parmsOf, type ChannelSettings } from './channels';

/** @throws RmanScriptError when a path may not stand in a script. */
export function composeChannelSettings(channels: Omit<ChannelSettings, 'count'>): string {
  const parms = parmsOf({ ...channels, count: 1 }, 'c1');
  return [
    '# in a RUN block, one for each channel, each with a name of its own:',
    `ALLOCATE CHANNEL c1 DEVICE TYPE 'SBT_TAPE' PARMS '${parms}';`,
    '# for CROSSCHECK, CATALOG and CHANGE:',
    `ALLOCATE CHANNEL FOR MAINTENANCE DEVICE TYPE 'SBT_TAPE' PARMS '${parms}';`,
    '',
  ].join('\n');
}
