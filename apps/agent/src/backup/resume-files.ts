// A level 0 goes on where interrupted attempts at it stopped. RMAN's own NOT BACKED UP SINCE counts anybody's backups, so the files that are
// done are left out of the script by their numbers instead; RMAN crosschecks their pieces first, which asks the vault about every one.
import { type RunScript } from '@adyton/contracts';
import { compareScn, runToken } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { composeRecordsScript, dataHandles, handlePrefix, printScript } from '@adyton/rman';
import { type Check } from '../checks/check-that';
import { type BackupRun, channelsOf, type Identity, namesOf } from './backup-run';
import { chooseLogRanges, logsInRanges } from './choose-log-ranges';
import { type LevelFacts } from './decide-level';
import {
  describeDoubt,
  describeResume,
  judgeResume,
  type FinishedFiles,
  type RedoRange,
} from './judge-resume';
import { availablePieces } from './own-pieces';
import { logsInVault } from './reconcile-logs';
import { runRecordsScript } from './run-records-script';

export interface Resumption {
  readonly finished: FinishedFiles;
  /** Null where there is nothing to go on from. */
  readonly check: Check | null;
  readonly script: RunScript | null;
}

export const NOTHING_TO_RESUME: Resumption = { finished: new Map(), check: null, script: null };

/** @throws AdytonError, OracleError; RunFailure when the run was stopped */
export async function resumeFiles(
  run: BackupRun,
  database: DatabaseFacts,
  identity: Identity,
  { decision, dataFiles }: Pick<LevelFacts, 'decision' | 'dataFiles'>,
): Promise<Resumption> {
  const atLevel0 = new Set(decision.files.filter((f) => f.level === 0).map((f) => f.file));
  const attempts = atLevel0.size === 0 ? [] : attemptsOf(run, identity);
  const left = await piecesLeft(run, database, attempts);
  if (left.length === 0) return NOTHING_TO_RESUME;
  const runs = attempts
    .filter(({ handles }) => left.some((h) => h.startsWith(handles)))
    .map(({ runId }) => runId);
  const script = crosscheckOf(run, left);
  const doubt = await runRecordsScript(run, script, namesOf(run, identity));
  if (doubt !== null) return { finished: new Map(), check: describeDoubt(runs, doubt), script };
  const stillThere = new Set(await piecesLeft(run, database, attempts));
  const resumable = judgeResume({
    files: dataFiles.filter((f) => atLevel0.has(f.file)),
    sets: await database.backupDataFiles(),
    pieces: new Set(left.filter((h) => stillThere.has(h))),
    logs: await redoUpToNow(run, database, identity),
    resetlogsScn: identity.resetlogsScn,
  });
  return { finished: resumable.finished, check: describeResume(resumable, runs), script };
}

interface Attempt {
  readonly runId: string;
  /** What the handles of its data files begin with. */
  readonly handles: string;
}

function attemptsOf({ claimed }: BackupRun, { dbid, dbUniqueName }: Identity): Attempt[] {
  const ofDatabase = { handlePrefix: handlePrefix(dbid, dbUniqueName) };
  return claimed.earlierAttempts.map(({ runId, fence }) => ({
    runId,
    handles: dataHandles({ runToken: runToken(runId), fence, ...ofDatabase }),
  }));
}

/** Pieces of data files that they finished: available to RMAN, and on record as in the vault. */
async function piecesLeft(
  { claimed, controlPlane }: BackupRun,
  database: DatabaseFacts,
  attempts: readonly Attempt[],
): Promise<string[]> {
  const recorded: string[] = [];
  for (const { handles } of attempts) recorded.push(...(await availablePieces(database, handles)));
  if (recorded.length === 0) return [];
  const known = await controlPlane.handlesInVault(claimed.database.id, recorded);
  return recorded.filter((h) => known.has(h));
}

function crosscheckOf(run: BackupRun, crosscheck: readonly string[]): RunScript {
  const channels = channelsOf(run);
  return { step: 'resume', text: printScript(composeRecordsScript({ channels, crosscheck, catalog: [] })) };
}

/**
 * What the vault holds, and what this run is going to take. The log is switched first, so that one that was lost shows as a hole before a later
 * one.
 */
async function redoUpToNow(
  run: BackupRun,
  database: DatabaseFacts,
  { resetlogsScn }: Identity,
): Promise<RedoRange[]> {
  await database.archiveLogCurrent();
  const [onDisk, backedUp] = await Promise.all([database.archivedLogs(), database.backupRedoLogs()]);
  const { lastLogs } = run.claimed;
  const choice = chooseLogRanges({ onDisk, lastInVault: lastLogs, resetlogsScn, acrossGaps: true });
  const toTake = choice.kind === 'gap' ? [] : logsInRanges(onDisk, choice.ranges);
  return [...toTake, ...(await logsInVault(run, backedUp))].filter(
    (l) => compareScn(l.resetlogsScn, resetlogsScn) === 0,
  );
}
