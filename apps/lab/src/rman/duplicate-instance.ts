/** The auxiliary instance while DUPLICATE makes its database: not mounted, then with the copy of a control file, then open or a standby. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ControlFile } from '../control-file/control-file';
import { writeControlFile } from '../control-file/control-file-store';
import { formatScn, parseScn } from '../formats/scn';
import { type DuplicateStatement } from './ast';
import { RmanError } from './rman-error';
import { type Session } from './session';

/** Throws RMAN-05500, RMAN-05520 or ORA-01103 for an instance that is none to duplicate to. */
export async function checkAuxiliary(
  session: Session,
  { to }: DuplicateStatement,
  original: ControlFile,
): Promise<void> {
  const { instance } = session.auxiliary;
  const { status } = await instance.identity({});
  if (status !== 'STARTED') {
    throw new RmanError([
      'RMAN-05500: the auxiliary database must be not mounted when issuing a DUPLICATE command',
    ]);
  }
  const { rows } = await instance.query({ sql: "SELECT value FROM v$parameter WHERE name = 'db_name'" });
  const name = (rows[0]?.[0] ?? '').toUpperCase();
  const wanted = (to ?? original.dbName).toUpperCase();
  if (name === wanted) return;
  throw new RmanError([
    to === null
      ? `ORA-01103: database name '${wanted}' in control file is not '${name}'`
      : `RMAN-05520: database name mismatch, auxiliary instance has ${name}, command specified ${to}`,
  ]);
}

/** The original's structure and records, with online logs and temp files nowhere near the original's. */
export async function mountCopy(
  session: Session,
  source: ControlFile,
  { to, parameters }: DuplicateStatement,
): Promise<void> {
  const { auxiliary } = session;
  if (parameters !== null) await auxiliary.instance.setParameters({ parameters });
  const inAuxiliary = (path: string) => join(auxiliary.dataDirectory, basename(path));
  const uniqueName = parameters?.findLast(({ name }) => name === 'db_unique_name')?.value;
  const { changeTracking: _ofOriginal, ...structure } = source;
  const copy: ControlFile = {
    ...structure,
    redoLogs: source.redoLogs.map((log) => ({ ...log, path: inAuxiliary(log.path) })),
    tempFiles: source.tempFiles.map((temp) => ({ ...temp, name: inAuxiliary(temp.name) })),
    rmanStatus: [],
    rmanConfiguration: [],
    ...(to === null ? { role: 'PHYSICAL STANDBY', dbUniqueName: uniqueName ?? auxiliary.dbUniqueName } : {}),
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

/** One that the target does not have is not missed. */
export function copyPasswordFile({ target, auxiliary }: Session): void {
  if (existsSync(target.passwordFile)) copyFileSync(target.passwordFile, auxiliary.passwordFile);
}

/** What CREATE CONTROLFILE SET DATABASE does: the same files under another name and DBID, with nothing on record of backups. */
export async function openAsNew(
  session: Session,
  to: string,
  { dbid, open }: { dbid: number; open: boolean },
): Promise<void> {
  const { instance, dbUniqueName } = session.auxiliary;
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
