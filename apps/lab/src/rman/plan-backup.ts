/** Turns the specifications of a BACKUP command into the steps its channels work off. */
import { existsSync } from 'node:fs';
import { type ControlFile, type DataFile } from '../control-file/control-file';
import { parseScn } from '../formats/scn';
import { type BackupRecords } from '../instance/instance-port';
import { type BackupOptions, type BackupSpec, type BackupStatement, type LogRange } from './ast';
import { type Channel } from './channel';
import { type FileToBackUp, type Section, type SetOptions } from './channel-protocol';
import { hasAllPieces } from './find-backups';
import { DEFAULT_FORMAT } from './piece-name';
import { readHeaderBlock } from './read-data-file';
import { RmanError } from './rman-error';
import { parseDate } from './rman-date';
import { selectDataFiles, selectLogs } from './select-files';
import { type Session } from './session';
import { type Step } from './work-queue';

/** Oracle's own limit for files of one set. */
const FILES_PER_SET_DEFAULT = 64;
const LOGS_PER_SET_DEFAULT = 64;

interface Plan {
  session: Session;
  statement: BackupStatement;
  controlFile: ControlFile;
  tag: string;
}

/** Empty when nothing matches; what was left out is printed. */
export async function planBackup(session: Session, statement: BackupStatement): Promise<Step[]> {
  const steps: Step[] = [];
  const tag = statement.options.tag ?? defaultTag(session.now());
  for (const spec of statement.specs) {
    const controlFile = await session.target.instance.readControlFile({});
    steps.push(...(await planSpec({ session, statement, controlFile, tag }, spec)));
  }
  return steps;
}

async function planSpec(plan: Plan, { what, options: own }: BackupSpec): Promise<Step[]> {
  const options = { ...plan.statement.options, ...own };
  switch (what.kind) {
    case 'archived-logs':
      return planLogs(plan, what.range, options);
    case 'control-file':
      return [controlStep(plan, options, { controlFile: true, spfile: null })];
    case 'spfile':
      return [controlStep(plan, options, { controlFile: false, spfile: spfileOf(plan.session) })];
    default: {
      const steps = await planDataFiles(plan, selectDataFiles(plan.controlFile, what), options);
      if (options.includeControlFile === true) {
        steps.push(controlStep(plan, options, { controlFile: true, spfile: null }));
      }
      return steps;
    }
  }
}

/** FORMAT of the specification, the command, the channel. */
function setOptions(plan: Plan, options: BackupOptions, channel: Channel): SetOptions {
  return {
    format: options.format ?? channel.format ?? DEFAULT_FORMAT,
    tag: options.tag ?? plan.tag,
    level: plan.statement.level,
  };
}

async function planDataFiles(plan: Plan, files: DataFile[], options: BackupOptions): Promise<Step[]> {
  checkLogMode(plan.controlFile, await plan.session.target.instance.identity({}));
  const { sectionBytes } = plan.statement;
  const steps: Step[] = [];
  const whole: DataFile[] = [];
  for (const file of files) {
    if (sectionBytes !== null && file.blocks * file.blockBytes > sectionBytes) {
      steps.push(...(await planSections(plan, file, options)));
    } else whole.push(file);
  }
  for (const group of inGroups(whole, options.filesPerSet ?? FILES_PER_SET_DEFAULT)) {
    steps.push(filesStep(plan, options, group));
  }
  return steps;
}

function filesStep(plan: Plan, options: BackupOptions, group: DataFile[]): Step {
  const files = group.map((file) => fileToBackUp(plan, file));
  return {
    channel: options.channel ?? null,
    run: async (channel) => {
      const job = { kind: 'backup-files', files, section: null } as const;
      await channel.run({ ...job, options: setOptions(plan, options, channel) });
    },
  };
}

function checkLogMode({ logMode }: ControlFile, { status }: { status: string }): void {
  if (logMode === 'NOARCHIVELOG' && status === 'OPEN') {
    throw new RmanError(['ORA-19602: cannot backup or copy active file in NOARCHIVELOG mode']);
  }
}

/** The parent of a level 1 is the newest level 0 (cumulative) or level 0 or 1 that is still there. */
function fileToBackUp({ statement, controlFile }: Plan, { file, creationScn }: DataFile): FileToBackUp {
  if (statement.level !== 1) return { file, incrementalScn: '0' };
  const parents = controlFile.backupDataFiles.filter(
    (backup) =>
      backup.file === file &&
      backup.resetlogsScn === controlFile.resetlogsScn &&
      (backup.level === 0 || (backup.level === 1 && !statement.cumulative)) &&
      hasAllPieces(controlFile, backup),
  );
  const newest = parents.reduce((max, { checkpointScn }) => maxScn(max, checkpointScn), creationScn);
  return { file, incrementalScn: newest };
}

function maxScn(a: string, b: string): string {
  return parseScn(b) > parseScn(a) ? b : a;
}

/** Checkpoint and header are taken once; every section is a piece of the same set, which is recorded when all are made. */
async function planSections(plan: Plan, record: DataFile, options: BackupOptions): Promise<Step[]> {
  const { instance } = plan.session.target;
  const blocksPerSection = Math.floor((plan.statement.sectionBytes ?? 0) / record.blockBytes);
  const { setStamp, setCount } = await instance.beginBackupSet({});
  await instance.checkpoint({ file: record.file });
  const pieces = Math.ceil(record.blocks / blocksPerSection);
  const common = {
    setStamp,
    setCount,
    pieces,
    header: readHeaderBlock(record.name, record.blockBytes).toString('base64'),
    startedAt: plan.session.now().toISOString(),
  };
  const made: BackupRecords[] = [];
  const files = [fileToBackUp(plan, record)];
  return Array.from({ length: pieces }, (_, i): Step => {
    const from = 1 + i * blocksPerSection;
    const to = Math.min(record.blocks, from + blocksPerSection - 1);
    const section: Section = { ...common, piece: i + 1, from, to };
    return {
      channel: options.channel ?? null,
      run: async (channel) => {
        const job = { kind: 'backup-files', files, section } as const;
        const result = await channel.run({ ...job, options: setOptions(plan, options, channel) });
        made.push(result.records);
        if (made.length === pieces) await instance.recordBackup(mergeSections(made));
      },
    };
  });
}

function mergeSections(made: BackupRecords[]): BackupRecords {
  const [first, ...others] = made;
  const [file] = first?.dataFiles ?? [];
  if (first === undefined || file === undefined) throw new Error('a set without sections');
  const merged = { ...file };
  for (const { dataFiles } of others) {
    for (const part of dataFiles) {
      merged.blocks += part.blocks;
      merged.blocksRead += part.blocksRead;
      merged.absoluteFuzzyScn = maxScn(merged.absoluteFuzzyScn, part.absoluteFuzzyScn);
      merged.completedAt = part.completedAt;
    }
  }
  const pieces = made.flatMap((records) => records.pieces).sort((a, b) => a.piece - b.piece);
  const set = { ...first.set, completedAt: merged.completedAt };
  return { set, pieces, dataFiles: [merged], redoLogs: [] };
}

async function planLogs(plan: Plan, range: LogRange, options: BackupOptions): Promise<Step[]> {
  const { session } = plan;
  const { instance } = session.target;
  let { controlFile } = plan;
  const isOpenEnded = range.until === null && range.untilScn === undefined;
  if (isOpenEnded && (await instance.identity({})).status === 'OPEN') {
    await instance.archiveLogCurrent({});
    session.print('current log archived');
    controlFile = await instance.readControlFile({});
  }
  const matching = selectLogs(controlFile, range);
  if (matching.length === 0) session.print('specification does not match any archived log in the repository');
  const logs = matching.filter(({ backupCount, thread, sequence, completedAt }) => {
    const times = options.notBackedUpTimes ?? Infinity;
    const since = options.notBackedUpSince;
    const isOld = since === undefined || new Date(completedAt) >= parseDate(since, session.dateFormat);
    const isDone = backupCount >= times || (!isOld && backupCount > 0);
    const name = `archived log of thread ${thread} with sequence ${sequence}`;
    if (isDone) session.print(`skipping ${name}; already backed up`);
    return !isDone;
  });
  const missing = logs.find(({ name }) => name === null || !existsSync(name));
  if (missing !== undefined) throw lostLog(missing.name ?? '');
  const groups = inGroups(logs, options.filesPerSet ?? LOGS_PER_SET_DEFAULT);
  return groups.map((group) => ({
    channel: options.channel ?? null,
    run: async (channel) => {
      const job = { kind: 'backup-logs', logs: group, deleteInput: options.deleteInput ?? false } as const;
      await channel.run({ ...job, options: setOptions(plan, options, channel) });
    },
  }));
}

function lostLog(name: string): RmanError {
  return new RmanError([
    'RMAN-06059: expected archived log not found, loss of archived log compromises recoverability',
    `ORA-19625: error identifying file ${name}`,
    'ORA-27037: unable to obtain file status',
    'Linux-x86_64 Error: 2: No such file or directory',
    'Additional information: 3',
  ]);
}

function controlStep(
  plan: Plan,
  options: BackupOptions,
  content: { controlFile: boolean; spfile: string | null },
): Step {
  return {
    channel: options.channel ?? null,
    run: async (channel) => {
      const job = { kind: 'backup-control', ...content, autobackup: null } as const;
      await channel.run({ ...job, options: setOptions(plan, options, channel) });
    },
  };
}

function spfileOf({ target }: Session): string {
  const path = target.serverParameterFile;
  if (existsSync(path)) return path;
  throw new RmanError(['RMAN-06062: can not backup SPFILE because the instance was not started with SPFILE']);
}

/** TAG20261124T043000. */
function defaultTag(at: Date): string {
  return `TAG${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}`;
}

function inGroups<T>(items: T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let i = 0; i < items.length; i += size) groups.push(items.slice(i, i + size));
  return groups;
}
