// Steps 2 to 4 up to the script: everything a backup is decided from, read and judged. A run and a dry run share it; what they do about RMAN's
// records and about what an interrupted attempt left differs, and nothing else is written.
import { type RunScript } from '@adyton/contracts';
import { type RunPhase } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { checkDatabase, type DatabaseChecked } from '../checks/check-database';
import { checkInstance } from '../checks/check-instance';
import { absentLogs } from '../checks/check-log-files';
import { type Check } from '../checks/check-that';
import { judgeLogMode, judgeRole } from '../checks/judge-database';
import { type ArchivedLogFacts, type Identity, type Planning } from './backup-run';
import { chooseLogRanges, logsInRanges } from './choose-log-ranges';
import { confirmIdentity, ROOT_CONTAINER } from './confirm-identity';
import { decideLevel, type LevelFacts } from './decide-level';
import { estimateDataFiles, type Estimate } from './estimate-data-files';
import { type LeftOutFile } from './judge-access';
import { judgeConfiguration } from './judge-configuration';
import { plannedFrom, type PlannedFrom } from './judge-late-files';
import { judgeLogs } from './judge-logs';
import { judgeNologging } from './judge-nologging';
import { judgePluggables, type PluggableFacts } from './judge-pluggables';
import { type FinishedFiles } from './judge-resume';
import { type Resumption } from './resume-files';

export interface Survey extends Omit<DatabaseChecked, 'checks'> {
  readonly identity: Identity;
  readonly decision: LevelFacts['decision'];
  readonly estimate: Estimate;
  /** Data files this backup goes without. */
  readonly leftOut: readonly LeftOutFile[];
  /** On disk and not in the vault yet; the log switch after the data files adds to them. */
  readonly waitingLogs: readonly ArchivedLogFacts[];
  /** Those of them that this host does not have. */
  readonly absentLogs: readonly ArchivedLogFacts[];
  /** Null in a database without containers, or one that is not open. */
  readonly pluggables: readonly PluggableFacts[] | null;
  readonly checks: readonly Check[];
  /** By this it is told what came later. */
  readonly plannedFrom: PlannedFrom;
  /** Data files that are not read again. */
  readonly finished: FinishedFiles;
  /** What RMAN ran already, about its records. */
  readonly scripts: readonly RunScript[];
}

export interface RecordsJudged {
  readonly check: Check;
  /** Null when there was nothing to put right. */
  readonly script: RunScript | null;
}

interface SurveyDoings {
  /** Told each phase as it begins. */
  readonly enter: (phase: RunPhase) => Promise<void>;
  /**
   * Judges the role of the database and then the checks of the run's own instance, before anything else is asked: a run ends in another role, and
   * leaves an instance that is not eligible.
   */
  readonly judgeFirst: (role: Check, ofInstance: readonly Check[]) => void;
  /** Compares RMAN's records with the vault; a run puts them right. */
  readonly checkRecords: (identity: Identity) => Promise<RecordsJudged>;
  /** What interrupted attempts at the same backup finished; a run takes it over. */
  readonly resume: (identity: Identity, level: LevelFacts) => Promise<Resumption>;
}

/** @throws RunFailure, AdytonError, OracleError */
export async function surveyDatabase(
  run: Planning,
  database: DatabaseFacts,
  { enter, judgeFirst, checkRecords, resume }: SurveyDoings,
): Promise<Survey> {
  await enter('identity');
  const identity = await confirmIdentity(run, database);
  const ofInstance = await checkInstance(run, identity);
  const role = judgeRole(identity);
  judgeFirst(role, ofInstance);

  // Step 2: full, incremental or archived logs, per data file. It is decided from RMAN's records; those of logs decide nothing.
  await enter('level');
  const records = run.claimed.kind === 'archivelog' ? null : await checkRecords(identity);
  const level = await decideLevel(run, database, identity);
  const { decision, dataFiles, access, bases } = level;
  const resumption = await resume(identity, level);

  // Step 3: what will be read.
  await enter('estimate');
  const estimate = await estimateDataFiles(database, dataFiles, { decision, finished: resumption.finished });
  const onDisk = await database.archivedLogs();

  // Step 4, first half: the pre-checks.
  await enter('checks');
  const choice = chooseLogRanges({
    onDisk,
    lastInVault: run.claimed.lastLogs,
    resetlogsScn: identity.resetlogsScn,
    acrossGaps: decision.level === 'level0',
  });
  const waitingLogs = choice.kind === 'gap' ? [] : logsInRanges(onDisk, choice.ranges);
  const pluggables =
    identity.containerId === ROOT_CONTAINER && identity.instanceStatus === 'OPEN'
      ? await database.pluggableDatabases()
      : null;
  const settings = await database.rmanConfiguration();
  const { checks: ofDatabase, ...checked } = await checkDatabase(run, database, settings);
  const checks = [
    ...ofInstance,
    judgeLogMode(identity),
    role,
    ...ofDatabase,
    judgeLogs(choice, waitingLogs.length),
    ...(records === null ? [] : [records.check]),
    ...(resumption.check === null ? [] : [resumption.check]),
    access.check,
    judgeNologging(dataFiles, bases.newest),
    judgeConfiguration(settings),
    ...(pluggables === null
      ? []
      : [judgePluggables(pluggables, run.claimed.lastPoint?.pluggableDatabases ?? null)]),
  ];
  const leftOut = decision.level === 'archivelog' ? [] : access.leftOut;
  const { finished } = resumption;
  return {
    ...checked,
    ...{ identity, decision, estimate, leftOut, waitingLogs, pluggables, checks, finished },
    plannedFrom: plannedFrom(identity, dataFiles),
    absentLogs: await absentLogs(waitingLogs),
    scripts: [records?.script ?? null, resumption.script].filter((script) => script !== null),
  };
}
