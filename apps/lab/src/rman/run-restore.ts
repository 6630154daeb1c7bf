/** The RESTORE command: data files, archived logs, control file, spfile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseScn } from '../formats/scn';
import { type LogRange, type RestoreStatement, type RestoreWhat } from './ast';
import { findLogBackups } from './find-backups';
import { restoreArchivedLogs } from './restore-logs';
import { restoreDataFiles } from './restore-data-files';
import { RmanError } from './rman-error';
import { type DataFileChoice } from './select-files';
import { type Session } from './session';

export async function runRestore(session: Session, statement: RestoreStatement): Promise<void> {
  session.print('', `Starting restore at ${session.dateNow()}`);
  session.usableChannels();
  const { what } = statement;
  if (what.kind === 'control-file') await restoreControlFile(session, what);
  else if (what.kind === 'spfile') await restoreServerParameters(session, what);
  else if (what.kind === 'archived-logs') await restoreLogRange(session, what.range);
  else await restoreDataFiles(session, statement as RestoreStatement & { what: DataFileChoice });
  session.print(`Finished restore at ${session.dateNow()}`, '');
}

type FromPiece = Extract<RestoreWhat, { kind: 'control-file' | 'spfile' }>;

async function restoreControlFile(session: Session, { from, to }: FromPiece): Promise<void> {
  if (to !== null) {
    await restoreWhole(session, { handle: from, which: 'control-file', path: to });
    session.print(`output file name=${to}`);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'rman-'));
  try {
    const path = join(directory, 'control.ctl');
    const dbid = await restoreWhole(session, { handle: from, which: 'control-file', path });
    if (session.dbid !== null && session.dbid !== dbid) throw otherDatabase(session.dbid, dbid);
    const { controlFiles } = await session.target.instance.installControlFile({ path });
    session.print(...controlFiles.map((name) => `output file name=${name}`));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function otherDatabase(wanted: number, found: number): RmanError {
  return new RmanError([
    `RMAN-06172: no AUTOBACKUP found or specified handle is not a valid copy or piece`,
    `ORA-19691: the piece is of DBID ${found}, SET DBID says ${wanted}`,
  ]);
}

async function restoreServerParameters(session: Session, { from, to }: FromPiece): Promise<void> {
  const path = to ?? session.target.serverParameterFile;
  await restoreWhole(session, { handle: from, which: 'spfile', path });
  session.print(`output file name=${path}`);
}

/** Answers the DBID in the piece. */
async function restoreWhole(
  session: Session,
  job: { handle: string; which: 'control-file' | 'spfile'; path: string },
): Promise<number> {
  const [channel] = session.usableChannels();
  if (channel === undefined) return 0;
  const { header } = await channel.run({ kind: 'restore-whole', ...job });
  return header.dbid;
}

async function restoreLogRange(session: Session, range: LogRange): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const all = findLogBackups(controlFile, { from: range.fromScn ?? 0n, until: range.untilScn });
  const wanted = all.filter(
    ({ sequence, thread, resetlogsScn }) =>
      thread === range.thread &&
      resetlogsScn === controlFile.resetlogsScn &&
      sequence >= (range.from ?? 0) &&
      sequence <= (range.until ?? Infinity),
  );
  const present = new Set(wanted.map(({ sequence }) => sequence));
  const missing: string[] = [];
  if (range.from !== null && range.until !== null) {
    for (let sequence = range.from; sequence <= range.until; sequence++) {
      if (!present.has(sequence)) missing.push(missingLog(range.thread, sequence, undefined));
    }
  }
  if (missing.length > 0 || wanted.length === 0) {
    throw new RmanError(['RMAN-06026: some targets not found - aborting restore', ...missing]);
  }
  await restoreArchivedLogs(session, controlFile, wanted, 'restore');
}

/** RMAN-06025. */
export function missingLog(thread: number, sequence: number | undefined, scn: string | undefined): string {
  const which = `thread ${thread} with sequence ${sequence ?? 'unknown'}`;
  const start = scn === undefined ? '' : ` and starting SCN of ${parseScn(scn)}`;
  return `RMAN-06025: no backup of archived log for ${which}${start} found to restore`;
}
