// The restore script: a new instance on the same host, from nothing but pieces. The control file comes first; the pieces it cannot know are
// cataloged; then the data files are restored into the new directory and recovered up to, but not including, an SCN.
import { allocateChannels, parmsOf, type ChannelSettings } from './channels';
import { statementsFor } from './compose-records-script';
import { commandId } from './rman-names';
import { type JobStatement, type RmanScript, type Statement } from './script/nodes';
import { RmanScriptError } from './script/terminals';

export interface RestoreScriptInput {
  readonly dbid: string;
  readonly channels: ChannelSettings;
  readonly runToken: string;
  readonly controlFileHandle: string;
  /** Every piece the restore may need. */
  readonly handles: readonly string[];
  /** Exclusive. */
  readonly untilScn: string;
  /** Numbers of the files to restore when some are to be left out; else the whole database is. */
  readonly only?: { readonly files: readonly number[]; readonly without: readonly number[] };
  /** New or empty directory for the data files. */
  readonly directory: string;
}

/** @throws RmanScriptError */
export function composeRestoreScript(input: RestoreScriptInput): RmanScript {
  const { channels, handles } = input;
  if (handles.length === 0) throw new RmanScriptError('handles', 'at least one');
  return [
    { kind: 'set-dbid', dbid: input.dbid },
    { kind: 'startup-nomount' },
    {
      kind: 'run',
      statements: [
        ...allocateChannels({ ...channels, count: 1 }, 'r'),
        { kind: 'restore-control-file', handle: input.controlFileHandle },
      ],
    },
    { kind: 'mount-database' },
    ...leftOut(input),
    { kind: 'allocate-maintenance-channel', parms: parmsOf(channels, 'm1') },
    ...statementsFor('catalog-pieces', handles),
    { kind: 'release-channel' },
    {
      kind: 'run',
      statements: [
        { kind: 'set-command-id', commandId: commandId(input.runToken) },
        ...allocateChannels(channels, 'r'),
        { kind: 'set-until-scn', scn: input.untilScn },
        { kind: 'set-newname-for-database', directory: input.directory },
        restored(input),
        { kind: 'switch-data-files' },
        { kind: 'recover-database' },
      ],
    },
  ];
}

/** RECOVER DATABASE passes over offline files. */
function leftOut({ only }: RestoreScriptInput): Statement[] {
  return (only?.without ?? []).map((file) => ({ kind: 'drop-data-file-offline', file }));
}

function restored({ only }: RestoreScriptInput): JobStatement {
  return only === undefined
    ? { kind: 'restore-database' }
    : { kind: 'restore-data-files', files: only.files };
}
