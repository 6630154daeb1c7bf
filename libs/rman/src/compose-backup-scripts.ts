// Backup scripts. Data files, archived logs and control file are three RMAN invocations, so that none meets a channel that died in another.
// Every CONFIGURE that could change the outcome is neutralised: encryption off, one copy, our own autobackup format, FORCE against
// optimization. One data file per set keeps a stream's bytes in the order of its blocks; its number in the handle names the stream.
import { allocateChannels, type ChannelSettings } from './channels';
import {
  checked,
  checkedNumber,
  commandId,
  RmanScriptError,
  tagOf,
  tagWith,
  type RunNames,
} from './rman-names';

const ENCRYPTION_OFF = 'SET ENCRYPTION OFF FOR ALL TABLESPACES;';
/** Fixed, so that section boundaries stay where they were at the next backup. */
const SECTION_SIZE = '64G';
/** Logs of one set: a set that fails costs that many again. */
const LOGS_PER_SET = 20;

export interface DataScriptInput {
  readonly names: RunNames;
  readonly channels: ChannelSettings;
  readonly level0Files: readonly number[];
  readonly level1Files: readonly number[];
}

/** @throws RmanScriptError */
export function composeDataScript({ names, channels, level0Files, level1Files }: DataScriptInput): string {
  if (level0Files.length + level1Files.length === 0) throw new RmanScriptError('data files', 'at least one');
  const backups = [
    ...(level0Files.length === 0
      ? []
      : [backupFiles(names, 'LEVEL 0', tagOf('level0', names.runToken), level0Files)]),
    ...(level1Files.length === 0
      ? []
      : [backupFiles(names, 'LEVEL 1 CUMULATIVE', tagOf('level1', names.runToken), level1Files)]),
  ];
  return script(names, channels, backups);
}

function backupFiles(names: RunNames, level: string, tag: string, files: readonly number[]): string {
  const specs = files.map((file) => {
    const number = checkedNumber('data file', file);
    return `(DATAFILE ${number} FORMAT '${format(names, `F${number}`)}')`;
  });
  return [
    `BACKUP FORCE AS BACKUPSET INCREMENTAL ${level} FILESPERSET 1 SECTION SIZE ${SECTION_SIZE} TAG '${tag}'`,
    ...specs.map((s) => `    ${s}`),
  ]
    .join('\n')
    .concat(';');
}

export interface LogScriptInput {
  readonly names: RunNames;
  readonly channels: ChannelSettings;
  readonly ranges: readonly {
    readonly thread: number;
    readonly fromSequence: number;
    readonly untilSequence: number;
  }[];
}

/** @throws RmanScriptError */
export function composeLogScript({ names, channels, ranges }: LogScriptInput): string {
  if (ranges.length === 0) throw new RmanScriptError('log ranges', 'at least one');
  const tag = tagOf('archivelog', names.runToken);
  const backups = ranges.map((r) => {
    const [thread, from, until] = [r.thread, r.fromSequence, r.untilSequence].map((n) =>
      checkedNumber('log range', n),
    );
    return `BACKUP AS BACKUPSET FILESPERSET ${LOGS_PER_SET} TAG '${tag}' FORMAT '${format(names, 'AL')}' ARCHIVELOG FROM SEQUENCE ${from} UNTIL SEQUENCE ${until} THREAD ${thread};`;
  });
  return script(names, channels, backups);
}

export interface ControlFileScriptInput {
  readonly names: RunNames;
  readonly channels: ChannelSettings;
  /** Whether the instance uses an SPFILE, which is then backed up too. */
  readonly spfile: boolean;
}

/** @throws RmanScriptError */
export function composeControlFileScript({ names, channels, spfile }: ControlFileScriptInput): string {
  const tag = tagWith('CF', names.runToken);
  const backups = [
    `BACKUP AS BACKUPSET TAG '${tag}' FORMAT '${format(names, 'CF')}' CURRENT CONTROLFILE;`,
    ...(spfile ? [`BACKUP AS BACKUPSET TAG '${tag}' FORMAT '${format(names, 'SP')}' SPFILE;`] : []),
  ];
  return script(names, { ...channels, count: 1 }, backups);
}

function script(names: RunNames, channels: ChannelSettings, backups: readonly string[]): string {
  const statements = [
    `SET COMMAND ID TO '${commandId(names.runToken)}';`,
    'SET BACKUP COPIES = 1;',
    `SET CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE 'SBT_TAPE' TO '${checked('word', 'handle prefix', names.handlePrefix)}/%F';`,
    ...allocateChannels(channels, 'c', 'MAXOPENFILES 1 '),
    ...backups,
  ];
  return [ENCRYPTION_OFF, 'RUN {', ...statements.map((s) => `  ${s}`), '}', ''].join('\n');
}

/** `<prefix>/<token>_<fence>_<mark>_%U`; RMAN's %U makes it unique. */
function format(names: RunNames, mark: string): string {
  const stem = `${names.handlePrefix}/${names.runToken}_${checkedNumber('fence', names.fence)}_${mark}_`;
  return `${checked('handle', 'handle', stem)}%U`;
}
