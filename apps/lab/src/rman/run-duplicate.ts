/**
 * DUPLICATE: the auxiliary instance gets a control file with the original's structure, and data files under names of its own, from backups,
 * from the target's files or from a directory of pieces. They are recovered and opened with RESETLOGS as a database with another DBID, or
 * stay a mounted standby. The target is read and never written.
 */
import { type ControlFile } from '../control-file/control-file';
import { parseScn, type Scn } from '../formats/scn';
import {
  type DuplicateStatement,
  type FileChoice,
  type RecoverStatement,
  type RestoreStatement,
  type Until,
} from './ast';
import { needAuxiliaryChannels } from './auxiliary';
import { type Channel, ChannelError } from './channel';
import { copyActiveFiles } from './copy-active-files';
import { checkNames, leaveOut, newNames, type NewNames } from './duplicate-files';
import { checkAuxiliary, copyPasswordFile, mountCopy, openAsNew } from './duplicate-instance';
import { readOriginal } from './duplicate-original';
import { refusedLines } from './lab-error';
import { restoreDataFiles } from './restore-data-files';
import { errorLines, RmanError } from './rman-error';
import { RmanJobs } from './rman-jobs';
import { recoverFiles } from './run-recover';
import { Session } from './session';
import { switchFiles } from './switch-files';
import { resolveUntil } from './until-scn';

const ABORTING = 'RMAN-05501: aborting duplication of target database';
const IN_SCRIPT = 'RMAN-03015: error occurred in stored script Memory Script';

export async function runDuplicate(session: Session, statement: DuplicateStatement): Promise<void> {
  session.print('', `Starting Duplicate Db at ${session.dateNow()}`);
  const isAutomatic = session.auxiliaries.length === 0;
  try {
    const channels = await needAuxiliaryChannels(session, statement.source);
    const plan = await under([ABORTING], () => planDuplicate(session, statement));
    await under([ABORTING, IN_SCRIPT], () => makeDatabase(session, statement, { ...plan, channels }));
  } finally {
    if (isAutomatic) await session.releaseAuxiliaries();
  }
  session.print(`Finished Duplicate Db at ${session.dateNow()}`, '');
}

/** What goes wrong stands below these lines; what a channel reports keeps its own first line. */
async function under<T>(lines: string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ChannelError) throw error;
    throw new RmanError([...lines, ...errorLines(error)]);
  }
}

interface DuplicatePlan {
  /** Without what is left out. */
  original: ControlFile;
  names: NewNames;
}

/** Reads and checks; writes nothing. */
async function planDuplicate(session: Session, statement: DuplicateStatement): Promise<DuplicatePlan> {
  refuseContradictions(statement);
  const whole = await readOriginal(session, statement);
  await checkAuxiliary(session, statement, whole);
  const original = leaveOut(session, whole, statement);
  const names = newNames(session, original, statement);
  checkNames(whole, names, statement);
  return { original, names };
}

function refuseContradictions({ to, source, until, recover }: DuplicateStatement): void {
  if (recover && to !== null) throw new RmanError(refusedLines('DORECOVER without FOR STANDBY'));
  if (until !== null && source.kind === 'active')
    throw new RmanError(refusedLines('UNTIL with FROM ACTIVE DATABASE'));
}

async function makeDatabase(
  session: Session,
  statement: DuplicateStatement,
  { original, names, channels }: DuplicatePlan & { channels: Channel[] },
): Promise<void> {
  const { to, source: from } = statement;
  const isActive = from.kind === 'active';
  const copied = isActive ? await copyActiveFiles(session, original, names) : undefined;
  const source = copied === undefined ? original : { ...copied.controlFile, ...filesOf(original) };
  const noRedo = statement.noRedo || copied?.isConsistent === true;
  const isRecovered = to !== null || statement.recover;
  const until = endOf(session, source, { until: statement.until, reachesLogs: isRecovered && !noRedo });
  session.print(...memoryScript(statement, { until, isRecovered, noRedo }));
  await mountCopy(session, source, statement);
  const clone = cloneOf(session, { channels, names, until });
  if (isActive) clone.settings.restored = new Map(names);
  else await restoreDataFiles(clone, RESTORE_ALL);
  await switchFiles(clone, null);
  const controlFile = await session.auxiliary.instance.readControlFile({});
  if (isRecovered) await recoverFiles(clone, { ...RECOVER_ALL, noRedo }, controlFile);
  if (statement.passwordFile || (isActive && to === null)) copyPasswordFile(session);
  if (to !== null) await openAsNew(session, to, { dbid: source.dbid, open: statement.open });
}

/** A file that came to be meanwhile is none of the duplicate's. */
function filesOf({ dataFiles, tablespaces }: ControlFile): Pick<ControlFile, 'dataFiles' | 'tablespaces'> {
  return { dataFiles, tablespaces };
}

/**
 * Exclusive. Without UNTIL as far as the archived logs of every thread go; undefined: as the backups are. Throws RMAN-05541 when there are no
 * logs to reach.
 */
function endOf(
  session: Session,
  source: ControlFile,
  { until, reachesLogs }: { until: Until | null; reachesLogs: boolean },
): Scn | undefined {
  const wanted = resolveUntil(source, until ?? session.settings.until, session.dateFormat).scn;
  if (wanted !== undefined || !reachesLogs) return wanted;
  const logs = [
    ...source.archivedLogs.filter(({ status }) => status === 'A'),
    ...source.backupRedoLogs,
  ].filter(({ resetlogsScn }) => resetlogsScn === source.resetlogsScn);
  const ends = [...Map.groupBy(logs, ({ thread }) => thread).values()].map((ofThread) =>
    ofThread.map(({ nextScn }) => parseScn(nextScn)).reduce(maxOf),
  );
  if (ends.length === 0) throw new RmanError(['RMAN-05541: no archived logs found in target database']);
  return ends.reduce((min, scn) => (scn < min ? scn : min));
}

function maxOf(a: Scn, b: Scn): Scn {
  return a > b ? a : b;
}

function memoryScript(
  { to, source }: DuplicateStatement,
  { until, isRecovered, noRedo }: { until: Scn | undefined; isRecovered: boolean; noRedo: boolean },
): string[] {
  return [
    '',
    'contents of Memory Script:',
    '{',
    ...(until === undefined ? [] : [`   set until scn  ${until};`]),
    ...(to === null ? ["   sql clone 'alter database mount standby database';"] : []),
    ...(source.kind === 'active' ? [] : ['   restore clone database;']),
    '   switch clone datafile all;',
    ...(isRecovered ? [`   recover clone database${noRedo ? ' noredo' : ''};`] : []),
    '}',
    'executing Memory Script',
    '',
  ];
}

/** A session whose target is the auxiliary instance. */
function cloneOf(
  { auxiliary, printer, dateFormat }: Session,
  { channels, names, until }: { channels: Channel[]; names: NewNames; until: Scn | undefined },
): Session {
  const clone = new Session(auxiliary, printer, new RmanJobs(auxiliary, printer, () => 0), dateFormat);
  clone.channels = channels;
  clone.settings.until = until === undefined ? null : { kind: 'scn', scn: until };
  for (const [file, to] of names) clone.settings.newNames.push({ of: { kind: 'file', file }, to });
  return clone;
}

const RESTORE_ALL: RestoreStatement & { what: FileChoice } = {
  kind: 'restore',
  what: { kind: 'database' },
  from: null,
  validate: false,
  preview: 'no',
  checkLogical: false,
  force: false,
  device: null,
  until: null,
  skipTablespaces: [],
};

const RECOVER_ALL: RecoverStatement = {
  kind: 'recover',
  what: { kind: 'database' },
  copies: null,
  until: null,
  noRedo: false,
  skipTablespaces: [],
};
