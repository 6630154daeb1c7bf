/**
 * DUPLICATE from backups: the auxiliary instance gets a control file with the target's structure, restores and recovers the data files to
 * names of its own, and opens them with RESETLOGS as a database with another DBID. The target is read and never written.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ControlFile } from '../control-file/control-file';
import { writeControlFile } from '../control-file/control-file-store';
import { formatScn, parseScn, type Scn } from '../formats/scn';
import {
  type DuplicateStatement,
  type FileChoice,
  type RecoverStatement,
  type RestoreStatement,
} from './ast';
import { needAuxiliaryChannels } from './auxiliary';
import { type Channel } from './channel';
import { newPath, restoreDataFiles } from './restore-data-files';
import { RmanError } from './rman-error';
import { RmanJobs } from './rman-jobs';
import { recoverFiles } from './run-recover';
import { Session } from './session';
import { switchFiles } from './switch-files';
import { resolveUntil } from './until-scn';

const ABORTING = 'RMAN-05501: aborting duplication of target database';

export async function runDuplicate(session: Session, statement: DuplicateStatement): Promise<void> {
  session.print('', `Starting Duplicate Db at ${session.dateNow()}`);
  const source = await session.target.instance.readControlFile({});
  await checkAuxiliary(session, statement);
  const isAutomatic = session.auxiliaries.length === 0;
  const channels = await needAuxiliaryChannels(session);
  try {
    const names = newNames(session, source, statement);
    checkNames(source, names, statement);
    const until = endOf(session, source, statement);
    session.print(
      '',
      'contents of Memory Script:',
      '{',
      `   set until scn  ${until};`,
      '   restore clone database;',
    );
    session.print(
      '   switch clone datafile all;',
      '   recover clone database;',
      '}',
      'executing Memory Script',
      '',
    );
    await mountCopy(session, source, statement);
    await restoreAndRecover(session, { channels, names, until });
    await openAsNew(session, statement);
  } finally {
    if (isAutomatic) await session.releaseAuxiliaries();
  }
  session.print(`Finished Duplicate Db at ${session.dateNow()}`, '');
}

/** Throws RMAN-05500 or RMAN-05520 for an instance that is none to duplicate to. */
async function checkAuxiliary(session: Session, { to }: DuplicateStatement): Promise<void> {
  const { instance } = session.auxiliary;
  const { status } = await instance.identity({});
  if (status !== 'STARTED') {
    throw new RmanError([
      ABORTING,
      'RMAN-05500: the auxiliary database must be not mounted when issuing a DUPLICATE command',
    ]);
  }
  const { rows } = await instance.query({ sql: "SELECT value FROM v$parameter WHERE name = 'db_name'" });
  const name = rows[0]?.[0] ?? '';
  if (name.toUpperCase() === to.toUpperCase()) return;
  throw new RmanError([
    ABORTING,
    `RMAN-05520: database name mismatch, auxiliary instance has ${name}, command specified ${to}`,
  ]);
}

type NewNames = ReadonlyMap<number, string>;

/** SET NEWNAME, else DB_FILE_NAME_CONVERT, else the name it has. */
function newNames(session: Session, source: ControlFile, { convert }: DuplicateStatement): NewNames {
  return new Map(
    source.dataFiles.map((record) => {
      const set = newPath(source, record, session.settings);
      const pair = convert.find(({ from }) => record.name.includes(from));
      const isConverted = set === record.name && pair !== undefined;
      return [record.file, isConverted ? record.name.replace(pair.from, pair.to) : set];
    }),
  );
}

/** Target and auxiliary share this host: whatever NOFILENAMECHECK says, the files of an open database are locked. */
function checkNames(
  source: ControlFile,
  names: NewNames,
  { checkNames: isChecked }: DuplicateStatement,
): void {
  const taken = new Set(source.dataFiles.map(({ name }) => name));
  const conflicts = [...names.values()].filter((name) => taken.has(name));
  const [first] = conflicts;
  if (first === undefined) return;
  throw new RmanError([
    ABORTING,
    ...(isChecked
      ? conflicts.map(
          (name) =>
            `RMAN-05001: auxiliary file name ${name} conflicts with a file used by the target database`,
        )
      : [`ORA-19504: failed to create file "${first}"`, 'ORA-27086: unable to lock file - already in use']),
  ]);
}

/** Exclusive. Without UNTIL as far as the archived logs of every thread go. Throws RMAN-05541 when there are none. */
function endOf(session: Session, source: ControlFile, { until }: DuplicateStatement): Scn {
  const wanted = resolveUntil(source, until ?? session.settings.until, session.dateFormat).scn;
  if (wanted !== undefined) return wanted;
  const logs = [
    ...source.archivedLogs.filter(({ status }) => status === 'A'),
    ...source.backupRedoLogs,
  ].filter(({ resetlogsScn }) => resetlogsScn === source.resetlogsScn);
  const ends = [...Map.groupBy(logs, ({ thread }) => thread).values()].map((ofThread) =>
    ofThread.map(({ nextScn }) => parseScn(nextScn)).reduce(maxOf),
  );
  if (ends.length === 0)
    throw new RmanError([ABORTING, 'RMAN-05541: no archived logs found in target database']);
  return ends.reduce((min, scn) => (scn < min ? scn : min));
}

function maxOf(a: Scn, b: Scn): Scn {
  return a > b ? a : b;
}

/** The target's structure and records, with online logs and temp files nowhere near the target's. */
async function mountCopy(
  session: Session,
  source: ControlFile,
  { parameters }: DuplicateStatement,
): Promise<void> {
  const { auxiliary } = session;
  if (parameters !== null) await auxiliary.instance.setParameters({ parameters });
  const inAuxiliary = (path: string) => join(auxiliary.dataDirectory, basename(path));
  const copy: ControlFile = {
    ...source,
    redoLogs: source.redoLogs.map((log) => ({ ...log, path: inAuxiliary(log.path) })),
    tempFiles: source.tempFiles.map((temp) => ({ ...temp, name: inAuxiliary(temp.name) })),
    rmanStatus: [],
    rmanConfiguration: [],
  };
  const directory = mkdtempSync(join(tmpdir(), 'rman-'));
  try {
    const path = join(directory, 'clone.ctl');
    writeControlFile(path, copy);
    const { controlFiles } = await auxiliary.instance.installControlFile({ path });
    await auxiliary.instance.mount({});
    session.print(...controlFiles.map((name) => `output file name=${name}`));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function restoreAndRecover(
  session: Session,
  { channels, names, until }: { channels: Channel[]; names: NewNames; until: Scn },
): Promise<void> {
  const { auxiliary, printer, dateFormat } = session;
  const clone = new Session(auxiliary, printer, new RmanJobs(auxiliary, printer, () => 0), dateFormat);
  clone.channels = channels;
  clone.settings.until = { kind: 'scn', scn: until };
  for (const [file, to] of names) clone.settings.newNames.push({ of: { kind: 'file', file }, to });
  await restoreDataFiles(clone, RESTORE_ALL);
  await switchFiles(clone, null);
  await recoverFiles(clone, RECOVER_ALL, await auxiliary.instance.readControlFile({}));
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

/** What CREATE CONTROLFILE SET DATABASE does: the same files under another name and DBID, with nothing on record of backups. */
async function openAsNew(session: Session, { to, open }: DuplicateStatement): Promise<void> {
  const { instance } = session.auxiliary;
  const { dbid } = await session.target.instance.identity({});
  const { dbUniqueName } = session.auxiliary;
  await instance.renameDatabase({ dbName: to.toUpperCase(), dbUniqueName, dbid: otherDbid(dbid) });
  session.print(
    'contents of Memory Script:',
    '{',
    ...(open ? ['   Alter clone database open resetlogs;'] : []),
    '}',
    'executing Memory Script',
    '',
  );
  if (!open) return;
  const { resetlogsScn } = await instance.open({ resetlogs: true });
  session.print(
    'database opened',
    `database ${to.toUpperCase()} begins at SCN ${formatScn(parseScn(resetlogsScn))}`,
  );
}

function otherDbid(dbid: number): number {
  const random = randomBytes(4).readUInt32LE(0);
  return random === dbid || random === 0 ? otherDbid(dbid) : random;
}
