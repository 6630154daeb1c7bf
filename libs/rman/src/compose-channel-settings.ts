// What a person puts into a script of their own: the channels of a run by hand. No secret is in it, only the path of the token file.
import { parmsOf, type ChannelSettings } from './channels';
import { printJobStatement, printScript } from './script/print-script';

/** @throws RmanScriptError when a path may not stand in a script. */
export function composeChannelSettings(channels: Omit<ChannelSettings, 'count'>): string {
  const parms = parmsOf({ ...channels, count: 1 }, 'c1');
  return [
    '# in a RUN block, one for each channel, each with a name of its own:',
    `${printJobStatement({ kind: 'allocate-channel', oneFileAtATime: false, connect: null, parms })};`,
    '# for CROSSCHECK, CATALOG and CHANGE:',
    printScript([{ kind: 'allocate-maintenance-channel', parms }]),
  ].join('\n');
}
