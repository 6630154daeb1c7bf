/** The data files of a BACKUP: which of them, in which sets, with which parents, in which sections. */
import { existsSync } from 'node:fs';
import { claimFault, faultLines } from '../faults/rman-faults';
import { type ControlFile, type DataFile } from '../control-file/control-file';
import { parseScn } from '../formats/scn';
import { type BackupOptions, type FileChoice } from './ast';
import { filesPerSet, type Plan, setOptions } from './backup-plan';
import { type FileToBackUp } from './channel-protocol';
import {
  backupTypeOf,
  configuredRetention,
  excludedTablespaces,
  isOptimizationOn,
  maxSetBytesOf,
} from './configuration';
import { hasAllPieces } from './find-backups';
import { newestCopy, parentCopies } from './find-copies';
import { planCopies } from './plan-copies';
import { planSections } from './plan-sections';
import { formatDate, parseDate } from './rman-date';
import { RmanError } from './rman-error';
import { selectDataFiles, tablespaceOf } from './select-files';
import { type Step } from './work-queue';

export async function planDataFiles(
  plan: Plan,
  what: FileChoice,
  options: BackupOptions,
): Promise<{ steps: Step[]; files: number[] }> {
  await checkLogMode(plan);
  const files = wantedFiles(plan, what, options);
  const { sectionBytes } = plan.statement;
  const copied = files.filter((file) => becomesCopy(plan, file));
  const steps = planCopies(plan, options, copied);
  const whole: DataFile[] = [];
  for (const file of files.filter((one) => !copied.includes(one))) {
    if (sectionBytes !== null && file.blocks * file.blockBytes > sectionBytes) {
      steps.push(...(await planSections(plan, { record: file, wanted: fileToBackUp(plan, file) }, options)));
    } else whole.push(file);
  }
  steps.push(...setsOf(plan, options, whole));
  return { steps, files: files.map(({ file }) => file) };
}

/** AS COPY, or what is no level 1 as configured for the device; and what FOR RECOVER OF COPY has no copy of yet. */
function becomesCopy({ statement, controlFile, device }: Plan, { file }: DataFile): boolean {
  const { as, level, forRecoverOfCopy } = statement;
  if (level === 1 && forRecoverOfCopy !== null) {
    return newestCopy(controlFile, file, { tag: forRecoverOfCopy.tag ?? undefined }) === undefined;
  }
  return as === 'copy' || (as === 'default' && level !== 1 && backupTypeOf(controlFile, device) === 'copy');
}

/** BACKUP VALIDATE and VALIDATE: every file is read. */
export async function planValidation(plan: Plan, what: FileChoice, options: BackupOptions): Promise<Step[]> {
  return setsOf(plan, options, selectDataFiles(plan.controlFile, what));
}

/** A set holds files of one block size only. */
function setsOf(plan: Plan, options: BackupOptions, files: DataFile[]): Step[] {
  const perSet = filesPerSet(plan, options, files.length);
  const bytesMax = options.maxSetBytes ?? maxSetBytesOf(plan.controlFile);
  const sizes = Map.groupBy(files, ({ blockBytes }) => blockBytes);
  return [...sizes.values()]
    .flatMap((ofSize) => groupFiles(ofSize, { perSet, bytesMax }))
    .map((group) => filesStep(plan, options, group));
}

function filesStep(plan: Plan, options: BackupOptions, group: DataFile[]): Step {
  const files = group.map((file) => fileToBackUp(plan, file));
  return {
    channel: options.channel ?? null,
    run: async (channel) => {
      const job = { kind: 'backup-files', files, section: null } as const;
      await channel.run({ ...job, options: setOptions(plan, options, { channel, of: 'DATAFILE' }) });
    },
  };
}

async function checkLogMode({ session, controlFile }: Plan): Promise<void> {
  const { target } = session;
  const { status } = await target.instance.identity({});
  const isStruck = claimFault(target.base, 'noarchivelog') !== undefined;
  if (isStruck || (controlFile.logMode === 'NOARCHIVELOG' && status === 'OPEN')) {
    throw new RmanError(faultLines('noarchivelog'));
  }
}

/** Without the files that a setting, a SKIP or an earlier backup leaves out; each of them is named. */
function wantedFiles(plan: Plan, what: FileChoice, options: BackupOptions): DataFile[] {
  const { session, controlFile, statement } = plan;
  const excluded = what.kind === 'database' && !statement.noExclude ? excludedTablespaces(controlFile) : [];
  return selectDataFiles(controlFile, what).filter((file) => {
    const reason = leftOut(plan, { file, options, excluded });
    if (reason === undefined && !existsSync(file.name)) throw inaccessible(file);
    if (reason !== undefined) session.print(reason);
    return reason === undefined;
  });
}

/** One file that cannot be read stops the whole command before a byte is read. */
function inaccessible({ file, name }: DataFile): RmanError {
  return new RmanError([
    `RMAN-06056: could not access datafile ${file}`,
    'ORA-01157: cannot identify/lock data file - see DBWR trace file',
    `ORA-01110: data file ${file}: '${name}'`,
  ]);
}

interface Candidate {
  file: DataFile;
  options: BackupOptions;
  excluded: string[];
}

function leftOut(plan: Plan, { file, options, excluded }: Candidate): string | undefined {
  const { controlFile } = plan;
  const tablespace = tablespaceOf(controlFile, file);
  if (excluded.includes(tablespace)) return `file ${file.file} is excluded from whole database backup`;
  const skip = options.skip ?? [];
  if (skip.includes('OFFLINE') && file.status === 'OFFLINE') return `skipping offline file ${file.file}`;
  if (skip.includes('READONLY') && file.enabled === 'READ ONLY')
    return `skipping read only file ${file.file}`;
  if (skip.includes('INACCESSIBLE') && !existsSync(file.name))
    return `skipping inaccessible file ${file.file}`;
  return backedUpSince(plan, file, options) ?? optimizedAway(plan, file);
}

function backedUpSince(
  { session, controlFile }: Plan,
  { file }: DataFile,
  { notBackedUpSince }: BackupOptions,
): string | undefined {
  if (notBackedUpSince === undefined) return undefined;
  const since = parseDate(notBackedUpSince, session.dateFormat).toISOString();
  const done = controlFile.backupDataFiles
    .filter(
      (backup) => backup.file === file && backup.completedAt >= since && hasAllPieces(controlFile, backup),
    )
    .at(-1);
  if (done === undefined) return undefined;
  const at = formatDate(new Date(done.completedAt), session.dateFormat);
  return `skipping datafile ${file}; already backed up on ${at}`;
}

/** OPTIMIZATION: a file that cannot change any more needs no more copies than the retention policy keeps, and one. */
function optimizedAway({ controlFile, statement, device }: Plan, file: DataFile): string | undefined {
  const canChange = file.enabled === 'READ WRITE' && file.status !== 'OFFLINE';
  if (statement.force || canChange || !isOptimizationOn(controlFile)) return undefined;
  const same = controlFile.backupDataFiles.filter(
    (backup) =>
      backup.file === file.file &&
      backup.level !== 1 &&
      backup.checkpointScn === file.checkpointScn &&
      hasAllPieces(controlFile, backup) &&
      isOnDevice(controlFile, backup, device),
  ).length;
  const retention = configuredRetention(controlFile);
  const needed = retention?.kind === 'redundancy' ? retention.copies + 1 : 1;
  return same >= needed ? `skipping datafile ${file.file}; already backed up ${same} time(s)` : undefined;
}

function isOnDevice(
  { backupPieces }: ControlFile,
  { setStamp, setCount }: { setStamp: number; setCount: number },
  device: string,
): boolean {
  return backupPieces.some(
    (piece) => piece.setStamp === setStamp && piece.setCount === setCount && piece.deviceType === device,
  );
}

/**
 * The parent of a level 1 is the newest level 0 (cumulative) or level 0 or 1 of this incarnation that the control file has
 * as available: whoever made it, on whatever device, as a set or an image copy, also in a command that failed later. What is
 * made for the recovery of a copy builds on that copy.
 */
function fileToBackUp({ session, statement, controlFile }: Plan, record: DataFile): FileToBackUp {
  const { file, creationScn, name } = record;
  const corruptMax = session.settings.corruptMax.get(file) ?? session.settings.corruptMax.get(name) ?? 0;
  if (statement.level !== 1) return { file, incrementalScn: '0', corruptMax };
  const parents = parentsOf({ statement, controlFile }, file);
  if (parents.length === 0) session.print(`no parent backup or copy of datafile ${file} found`);
  const newest = parents.reduce(
    (max, { checkpointScn }) => (parseScn(checkpointScn) > parseScn(max) ? checkpointScn : max),
    creationScn,
  );
  return { file, incrementalScn: newest, corruptMax };
}

function parentsOf(
  { statement, controlFile }: Pick<Plan, 'statement' | 'controlFile'>,
  file: number,
): { checkpointScn: string }[] {
  if (statement.forRecoverOfCopy !== null) {
    const copy = newestCopy(controlFile, file, { tag: statement.forRecoverOfCopy.tag ?? undefined });
    return copy === undefined ? [] : [copy];
  }
  const sets = controlFile.backupDataFiles.filter(
    (backup) =>
      backup.file === file &&
      backup.resetlogsScn === controlFile.resetlogsScn &&
      (backup.level === 0 || (backup.level === 1 && !statement.cumulative)) &&
      hasAllPieces(controlFile, backup),
  );
  return [...sets, ...parentCopies(controlFile, file)];
}

/** Sets of about the same size: the largest file first, each into the smallest set with room for it. */
function groupFiles(
  files: DataFile[],
  { perSet, bytesMax }: { perSet: number; bytesMax: number },
): DataFile[][] {
  const bytesOf = (file: DataFile) => (file.blocks + 1) * file.blockBytes;
  const tooLarge = files.find((file) => bytesOf(file) > bytesMax);
  if (tooLarge !== undefined) {
    throw new RmanError([
      `RMAN-06183: datafile or datafile copy ${tooLarge.name} (file number ${tooLarge.file}) larger than MAXSETSIZE`,
    ]);
  }
  const sets = Array.from(
    { length: Math.ceil(files.length / perSet) },
    (): { files: DataFile[]; bytes: number } => ({
      files: [],
      bytes: 0,
    }),
  );
  for (const file of [...files].sort((a, b) => bytesOf(b) - bytesOf(a) || a.file - b.file)) {
    const open = sets.filter((set) => set.files.length < perSet && set.bytes + bytesOf(file) <= bytesMax);
    const [first, ...others] = open;
    const smallest = others.reduce((min, set) => (set.bytes < (min?.bytes ?? 0) ? set : min), first);
    if (smallest === undefined) sets.push({ files: [file], bytes: bytesOf(file) });
    else {
      smallest.files.push(file);
      smallest.bytes += bytesOf(file);
    }
  }
  return sets.map((set) => set.files).filter((group) => group.length > 0);
}
