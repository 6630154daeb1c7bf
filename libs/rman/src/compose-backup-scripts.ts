// Backup scripts. Data files, archived logs and control file are three RMAN invocations, so that none meets a channel that died in another.
// Every CONFIGURE that could change the outcome is neutralised: encryption off, one copy, our own autobackup format, and what every
// BACKUP begins with. One data file per set keeps a stream's bytes in the order of its blocks; its number in the handle names the stream.
import { allocateChannels, onPrimary, type ChannelSettings } from './channels';
import { commandId, DATA_FILE_MARK, ownHandles, tagOf, tagWith, type RunNames } from './rman-names';
import { type JobStatement, type LogRange, type RmanScript } from './script/nodes';
import { checked, checkedNumber, RmanScriptError } from './script/terminals';

export interface DataScriptInput {
  readonly names: RunNames;
  readonly channels: ChannelSettings;
  readonly level0Files: readonly number[];
  readonly level1Files: readonly number[];
}

/** @throws RmanScriptError */
export function composeDataScript(input: DataScriptInput): RmanScript {
  const { names, channels, level0Files, level1Files } = input;
  if (level0Files.length + level1Files.length === 0) throw new RmanScriptError('data files', 'at least one');
  return script(names, channels, [
    ...backupFiles(names, 0, level0Files),
    ...backupFiles(names, 1, level1Files),
  ]);
}

function backupFiles(names: RunNames, level: 0 | 1, files: readonly number[]): JobStatement[] {
  if (files.length === 0) return [];
  const tag = tagOf(level === 0 ? 'level0' : 'level1', names.runToken);
  const specs = files.map((file) => ({ file, format: format(names, `${DATA_FILE_MARK}${file}`) }));
  return [{ kind: 'backup-data-files', level, tag, files: specs }];
}

export interface LogScriptInput {
  readonly names: RunNames;
  readonly channels: ChannelSettings;
  readonly ranges: readonly LogRange[];
}

/** @throws RmanScriptError */
export function composeLogScript({ names, channels, ranges }: LogScriptInput): RmanScript {
  if (ranges.length === 0) throw new RmanScriptError('log ranges', 'at least one');
  const labels = { tag: tagOf('archivelog', names.runToken), format: format(names, 'AL') };
  return script(
    names,
    channels,
    ranges.map(({ thread, fromSequence, untilSequence }) => ({
      ...{ kind: 'backup-logs', ...labels },
      ...{ thread, fromSequence, untilSequence },
    })),
  );
}

export interface ControlFileScriptInput {
  readonly names: RunNames;
  readonly channels: ChannelSettings;
  /** Whether the instance uses an SPFILE, which is then backed up too. */
  readonly spfile: boolean;
}

/** @throws RmanScriptError */
export function composeControlFileScript({ names, channels, spfile }: ControlFileScriptInput): RmanScript {
  const tag = tagWith('CF', names.runToken);
  const controlFile: JobStatement = { kind: 'backup-control-file', tag, format: format(names, 'CF') };
  const parameters: JobStatement = { kind: 'backup-spfile', tag, format: format(names, 'SP') };
  return script(
    names,
    onPrimary({ ...channels, count: 1 }),
    spfile ? [controlFile, parameters] : [controlFile],
  );
}

function script(names: RunNames, channels: ChannelSettings, backups: readonly JobStatement[]): RmanScript {
  const statements: JobStatement[] = [
    { kind: 'set-command-id', commandId: commandId(names.runToken) },
    { kind: 'set-one-backup-copy' },
    { kind: 'set-autobackup-format', format: `${checked('word', 'handle prefix', names.handlePrefix)}/%F` },
    ...allocateChannels(channels, 'c'),
    ...backups,
  ];
  return [{ kind: 'set-encryption-off' }, { kind: 'run', statements }];
}

/** `<prefix>/<token>_<fence>_<mark>_%U`; RMAN's %U makes it unique. */
function format(names: RunNames, mark: string): string {
  checkedNumber('fence', names.fence);
  return `${ownHandles(names)}${mark}_%U`;
}
