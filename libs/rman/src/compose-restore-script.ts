// The restore script: a new instance on the same host, from nothing but pieces. The control file comes first; the pieces it cannot know are
// cataloged; then the data files are restored into the new directory and recovered up to, but not including, an SCN.
import { allocateChannels, parmsOf, type ChannelSettings } from './channels';
import { checked, checkedNumber, commandId, RmanScriptError } from './rman-names';

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

/** Handles in one CATALOG statement. */
const HANDLES_PER_STATEMENT = 50;

/** @throws RmanScriptError */
export function composeRestoreScript(input: RestoreScriptInput): string {
  if (input.handles.length === 0) throw new RmanScriptError('handles', 'at least one');
  return [
    `SET DBID ${checked('dbid', 'DBID', input.dbid)};`,
    'STARTUP NOMOUNT;',
    'RUN {',
    ...indented(allocateChannels({ ...input.channels, count: 1 }, 'r')),
    `  RESTORE CONTROLFILE FROM '${checked('handle', 'control file handle', input.controlFileHandle)}';`,
    '}',
    'ALTER DATABASE MOUNT;',
    // RECOVER DATABASE passes over offline files
    ...(input.only?.without ?? []).map(
      (n) => `ALTER DATABASE DATAFILE ${checkedNumber('file', n)} OFFLINE FOR DROP;`,
    ),
    `ALLOCATE CHANNEL FOR MAINTENANCE DEVICE TYPE 'SBT_TAPE' PARMS '${parmsOf(input.channels, 'm1')}';`,
    ...catalogStatements(input.handles),
    'RELEASE CHANNEL;',
    'RUN {',
    `  SET COMMAND ID TO '${commandId(input.runToken)}';`,
    ...indented(allocateChannels(input.channels, 'r')),
    `  SET UNTIL SCN ${checked('scn', 'SCN', input.untilScn)};`,
    `  SET NEWNAME FOR DATABASE TO '${checked('path', 'directory', input.directory)}/%b';`,
    `  RESTORE ${restored(input)};`,
    '  SWITCH DATAFILE ALL;',
    '  RECOVER DATABASE;',
    '}',
    '',
  ].join('\n');
}

function restored({ only }: RestoreScriptInput): string {
  if (only === undefined) return 'DATABASE';
  return `DATAFILE ${only.files.map((n) => checkedNumber('file', n)).join(', ')}`;
}

function catalogStatements(handles: readonly string[]): string[] {
  const statements: string[] = [];
  for (let i = 0; i < handles.length; i += HANDLES_PER_STATEMENT) {
    const batch = handles
      .slice(i, i + HANDLES_PER_STATEMENT)
      .map((h) => `'${checked('handle', 'handle', h)}'`);
    statements.push(`CATALOG DEVICE TYPE 'SBT_TAPE' BACKUPPIECE ${batch.join(', ')};`);
  }
  return statements;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
