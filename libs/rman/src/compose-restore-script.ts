// The restore scripts: a new instance on the same host, from nothing but pieces. The first starts it and writes nothing: that instance says where
// its control files belong, and RESTORE CONTROLFILE overwrites what lies there. The second gives it a control file and mounts it. That control
// file is as old as its piece: it may list pieces that are gone, and lacks those that came later. The third, composed when it is known what is
// listed, puts these records right by handle, restores the data files into the new directory, and recovers them up to, but not including, an SCN.
import { allocateChannels, type ChannelSettings } from './channels';
import { composeRecordsScript, type RecordsScriptInput } from './compose-records-script';
import { composeUncatalogScript } from './compose-uncatalog-script';
import { commandId } from './rman-names';
import { type JobStatement, type RmanScript, type Statement } from './script/nodes';

export const START_SCRIPT: RmanScript = [{ kind: 'startup-nomount' }];

export interface MountScriptInput {
  readonly dbid: string;
  readonly channels: ChannelSettings;
  readonly controlFileHandle: string;
}

/** @throws RmanScriptError */
export function composeMountScript({ dbid, channels, controlFileHandle }: MountScriptInput): RmanScript {
  return [
    { kind: 'set-dbid', dbid },
    {
      kind: 'run',
      statements: [
        ...allocateChannels({ ...channels, count: 1 }, 'r'),
        { kind: 'restore-control-file', handle: controlFileHandle },
      ],
    },
    { kind: 'mount-database' },
  ];
}

/** A database that is only mounted has nothing to write at its end. */
export const SHUTDOWN_SCRIPT: RmanScript = [{ kind: 'shutdown-abort' }];

/** Of the pieces that are read: `crosscheck` those that the control file lists, `catalog` those it lacks. */
export interface RestoreScriptInput extends RecordsScriptInput {
  /** Pieces that it lists and RMAN must not choose. */
  readonly uncatalog: readonly string[];
  readonly runToken: string;
  /** Exclusive. */
  readonly untilScn: string;
  /** Numbers of the files to restore when some are to be left out; else the whole database is. */
  readonly only?: { readonly files: readonly number[]; readonly without: readonly number[] };
  /** New or empty directory for the data files. */
  readonly directory: string;
}

/** @throws RmanScriptError */
export function composeRestoreScript(input: RestoreScriptInput): RmanScript {
  const { channels, uncatalog } = input;
  return [
    ...(uncatalog.length === 0 ? [] : composeUncatalogScript(uncatalog)),
    ...composeRecordsScript(input),
    { kind: 'release-channel' },
    ...leftOut(input),
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
    ...SHUTDOWN_SCRIPT,
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
