/** Which backup sets and image copies a retention policy does not need any more. */
import { type BackupSet, type ControlFile, type DataFileCopy } from '../control-file/control-file';
import { parseScn } from '../formats/scn';
import { type Retention } from './ast';
import { configuredRetention } from './configuration';
import { hasAllPieces } from './find-backups';
import { RmanError } from './rman-error';
import { isOfSet } from './select-pieces';

type Policy = Exclude<Retention, { kind: 'configured' }>;

const DAY_MS = 86_400_000;

/** Throws RMAN-06525 when there is no policy. */
export function policyOf(controlFile: ControlFile, retention: Retention): Policy {
  const policy = retention.kind === 'configured' ? configuredRetention(controlFile) : retention;
  if (policy === undefined) throw new RmanError(['RMAN-06525: RMAN retention policy is set to none']);
  return policy;
}

/** The lines RMAN prints above what a policy found. */
export function policyLines(policy: Policy, retention: Retention): string[] {
  const value =
    policy.kind === 'redundancy' ? `redundancy ${policy.copies}` : `recovery window of ${policy.days} days`;
  return [
    `RMAN retention policy ${retention.kind === 'configured' ? 'will be' : 'is'} applied to the command`,
    `RMAN retention policy is set to ${value}`,
  ];
}

/** Sets of data files and control files beyond the policy, and sets of logs older than every base that stays. */
export function obsoleteSets(controlFile: ControlFile, policy: Policy, now: Date): BackupSet[] {
  const { backupSets, backupDataFiles, backupRedoLogs } = controlFile;
  const bases = neededBases(controlFile, policy, now);
  const isNeeded = (set: BackupSet) =>
    backupDataFiles.some((backup) => {
      if (!isOfSet(backup, set)) return false;
      const base = bases.get(backup.file);
      return base === undefined || parseScn(backup.checkpointScn) >= base;
    });
  const oldest = [...bases.values()].reduce<bigint | undefined>(
    (min, scn) => (min === undefined || scn < min ? scn : min),
    undefined,
  );
  return backupSets.filter((set) => {
    if (isKept(set, now)) return false;
    if (set.type !== 'L') return !isNeeded(set) && !(set.spfileIncluded && !set.controlFileIncluded);
    const logs = backupRedoLogs.filter((log) => isOfSet(log, set));
    return oldest !== undefined && logs.every(({ nextScn }) => parseScn(nextScn) <= oldest);
  });
}

/** Copies of data files beyond the policy. */
export function obsoleteCopies(controlFile: ControlFile, policy: Policy, now: Date): DataFileCopy[] {
  const bases = neededBases(controlFile, policy, now);
  return (controlFile.dataFileCopies ?? []).filter(({ file, checkpointScn }) => {
    const base = bases.get(file);
    return base !== undefined && parseScn(checkpointScn) < base;
  });
}

function isKept({ keepUntil }: BackupSet, now: Date): boolean {
  if (keepUntil === undefined || keepUntil === null) return false;
  return keepUntil === 'FOREVER' || keepUntil > now.toISOString();
}

/** Full and level 0 backups of data files that can be restored, image copies among them. */
function basesOf(controlFile: ControlFile): { file: number; checkpointScn: string; completedAt: string }[] {
  const sets = controlFile.backupDataFiles.filter(
    (backup) => backup.level !== 1 && hasAllPieces(controlFile, backup),
  );
  const copies = (controlFile.dataFileCopies ?? []).filter(({ status }) => status === 'A');
  return [...sets, ...copies];
}

/** By file (0: the control file) the checkpoint of the oldest full or level 0 backup the policy needs. */
function neededBases(controlFile: ControlFile, policy: Policy, now: Date): Map<number, bigint> {
  const bases = new Map<number, bigint>();
  const files = Map.groupBy(basesOf(controlFile), ({ file }) => file);
  for (const [file, backups] of files) {
    const newestFirst = [...backups].sort((a, b) =>
      parseScn(a.checkpointScn) < parseScn(b.checkpointScn) ? 1 : -1,
    );
    const needed =
      policy.kind === 'redundancy'
        ? newestFirst.slice(0, policy.copies).at(-1)
        : (newestFirst.find(({ completedAt }) => completedAt <= windowStart(policy.days, now)) ??
          newestFirst.at(-1));
    if (needed !== undefined) bases.set(file, parseScn(needed.checkpointScn));
  }
  return bases;
}

function windowStart(days: number, now: Date): string {
  return new Date(now.getTime() - days * DAY_MS).toISOString();
}

/** Data files with fewer backups than the policy wants. */
export function filesNeedingBackup(
  controlFile: ControlFile,
  policy: Policy,
  now: Date,
): { file: number; name: string; backups: number }[] {
  const all = basesOf(controlFile);
  return controlFile.dataFiles.flatMap(({ file, name }) => {
    const bases = all.filter((backup) => backup.file === file);
    const enough =
      policy.kind === 'redundancy'
        ? bases.length >= policy.copies
        : bases.some(({ completedAt }) => completedAt >= windowStart(policy.days, now));
    return enough ? [] : [{ file, name, backups: bases.length }];
  });
}
