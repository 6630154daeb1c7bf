// Opens one channel as a backup does, and lets go of it at the end of the RUN block. Nothing is backed up, and nothing comes on record.
import { allocateChannels, type ChannelSettings } from './channels';
import { commandId } from './rman-names';
import { type RmanScript } from './script/nodes';

/** @throws RmanScriptError */
export function composeChannelScript(channels: Omit<ChannelSettings, 'count'>): RmanScript {
  return [
    {
      kind: 'run',
      statements: [
        { kind: 'set-command-id', commandId: commandId(channels.runId) },
        ...allocateChannels({ ...channels, count: 1 }, 'c'),
      ],
    },
  ];
}
