// Which data files a level 0 need not read again, because an interrupted attempt at it finished them. An older set is as good as a new one as
// long as redo leads on from its checkpoint; where it does not, or not for certain, the file is read again.
import { compareScn, maxScn, type Scn } from '@adyton/domain';
import { SECTION_BYTES } from '@adyton/rman';
import { checkThat, type Check } from '../checks/check-that';
import { type DataFileFacts } from './backup-run';
import { isWrittenTo, needsRedo } from './judge-consistency';
import { type BackedUpSets, type LogContents } from './point-contents';

/** Redo of [firstScn, nextScn) of one thread. */
export type RedoRange = Pick<LogContents, 'thread' | 'firstScn' | 'nextScn'>;

export interface ResumeQuestion {
  /** Data files that get level 0. */
  readonly files: readonly DataFileFacts[];
  readonly sets: BackedUpSets;
  /** Handles of earlier attempts: available to RMAN, and whole in the vault. */
  readonly pieces: ReadonlySet<string>;
  /** On disk or in the vault, up to now, of this incarnation. */
  readonly logs: readonly RedoRange[];
  readonly resetlogsScn: Scn;
}

/** By file, the pieces of the set that stands for it. */
export type FinishedFiles = ReadonlyMap<number, readonly string[]>;

export interface Resumable {
  readonly finished: FinishedFiles;
  /** Finished too, and of no use any more. */
  readonly readAgain: readonly { readonly file: number; readonly name: string; readonly why: string }[];
}

/** Names in an evidence; the rest is counted. */
const NAMED_MAX = 5;

export function judgeResume(question: ResumeQuestion): Resumable {
  const finished = new Map<number, readonly string[]>();
  const readAgain: { file: number; name: string; why: string }[] = [];
  const unbroken = unbrokenRedo(question.logs);
  const sets = newestSets(question);
  for (const facts of question.files) {
    const set = sets.get(facts.file);
    if (set === undefined) continue;
    const why = whyReadAgain(facts, set.checkpointScn, unbroken);
    if (why === null) finished.set(facts.file, set.handles);
    else readAgain.push({ file: facts.file, name: facts.name, why });
  }
  return { finished, readAgain };
}

/** By file. */
function newestSets({
  sets,
  pieces,
  resetlogsScn,
}: ResumeQuestion): ReadonlyMap<number, BackedUpSets[number]> {
  const usable = sets
    .filter((s) => s.level === 0 && s.handles.every((h) => pieces.has(h)))
    .filter((s) => compareScn(s.resetlogsScn, resetlogsScn) === 0)
    .sort((a, b) => compareScn(a.checkpointScn, b.checkpointScn));
  return new Map(usable.map((set) => [set.file, set]));
}

function whyReadAgain(facts: DataFileFacts, readAt: Scn, unbroken: ReadonlyMap<number, Scn>): string | null {
  // whether all of its sections were finished, no record says for certain
  if (facts.bytes > SECTION_BYTES) return 'it is backed up in sections';
  const outdated = whyOutdated(facts, readAt);
  if (outdated !== null) return `it ${outdated} since`;
  if (compareScn(facts.unrecoverableScn, readAt) > 0) return 'it has changes without redo since';
  if (!needsRedo(facts)) return null;
  for (const [thread, fromScn] of unbroken)
    if (compareScn(readAt, fromScn) < 0)
      return `an archived log of thread ${thread} since then is neither in the vault nor on disk`;
  return null;
}

/**
 * Null when redo leads from a set of that checkpoint to what the file holds now. RECOVER DATABASE passes over files that are read only or offline,
 * and the number of a file that was dropped may be another's by now.
 */
export function whyOutdated(
  facts: Pick<DataFileFacts, 'creationScn' | 'checkpointScn' | 'status' | 'enabled'>,
  readAt: Scn,
): string | null {
  const { creationScn, checkpointScn, status, enabled } = facts;
  if (compareScn(creationScn, readAt) > 0) return 'was made anew';
  if (isWrittenTo(facts) || compareScn(checkpointScn, readAt) === 0) return null;
  return `became ${enabled === 'READ WRITE' ? status : enabled}`;
}

/** By thread, from where its logs lead up to now without a hole. */
function unbrokenRedo(logs: readonly RedoRange[]): ReadonlyMap<number, Scn> {
  const from = new Map<number, Scn>();
  const reached = new Map<number, Scn>();
  for (const { thread, firstScn, nextScn } of [...logs].sort((a, b) => compareScn(a.firstScn, b.firstScn))) {
    const end = reached.get(thread);
    if (end === undefined || compareScn(firstScn, end) > 0) from.set(thread, firstScn);
    reached.set(thread, end === undefined ? nextScn : maxScn(end, nextScn));
  }
  return from;
}

/** @param runs the attempts whose pieces they are */
export function describeResume({ finished, readAgain }: Resumable, runs: readonly string[]): Check {
  const named = readAgain
    .slice(0, NAMED_MAX)
    .map(({ file, name, why }) => `; data file ${file} (${name}) is read again: ${why}`)
    .join('');
  const more = readAgain.length > NAMED_MAX ? `; and ${readAgain.length - NAMED_MAX} more` : '';
  const evidence = `${finished.size} data file(s) are taken over from ${runs.join(', ')}${named}${more}`;
  return checkThat('resume', true, evidence);
}

/** @param doubt why the pieces that are there cannot be relied on */
export function describeDoubt(runs: readonly string[], doubt: string): Check {
  const evidence = `nothing is taken over from ${runs.join(', ')}, because its pieces could not be crosschecked: ${doubt}`;
  return checkThat('resume', false, evidence);
}
