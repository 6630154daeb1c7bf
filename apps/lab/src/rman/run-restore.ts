/** The RESTORE command: data files, archived logs, control file, spfile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readControlFile, writeControlFile } from '../control-file/control-file-store';
import { claimFault, faultLines } from '../faults/rman-faults';
import { parseScn } from '../formats/scn';
import { type LogRange, type RestoreStatement, type RestoreWhat } from './ast';
import { findAutobackup } from './find-autobackup';
import { findLogBackups, piecesOf } from './find-backups';
import { previewRestore } from './preview-restore';
import { restoreArchivedLogs, validateArchivedLogs } from './restore-logs';
import { restoreDataFiles } from './restore-data-files';
import { RmanError } from './rman-error';
import { needRestoreChannels } from './run-channels';
import { logFilter } from './select-files';
import { type Session } from './session';

export async function runRestore(session: Session, statement: RestoreStatement): Promise<void> {
  session.print('', `Starting restore at ${session.dateNow()}`);
  const { what, preview } = statement;
  for (const fault of ['until-before-resetlogs'] as const) {
    if (claimFault(session.target.base, fault)) throw new RmanError(faultLines(fault));
  }
  await needRestoreChannels(session, statement.device);
  if (preview !== 'no') await previewRestore(session, statement);
  else if (what.kind === 'control-file' || what.kind === 'spfile')
    await restoreSingle(session, statement, what);
  else if (what.kind === 'archived-logs') await restoreLogRange(session, statement, what.range);
  else await restoreDataFiles(session, { ...statement, what });
  session.print(`Finished restore at ${session.dateNow()}`, '');
}

type Single = Extract<RestoreWhat, { kind: 'control-file' | 'spfile' }>;

async function restoreSingle(session: Session, statement: RestoreStatement, what: Single): Promise<void> {
  if (statement.validate) {
    const handle = await findSingle(session, statement, what.kind);
    await restoreWhole(session, { handle, which: what.kind, path: null });
    return;
  }
  const handle = await findSingle(session, statement, what.kind);
  if (what.kind === 'control-file') await restoreControlFile(session, handle, what);
  else await restoreServerParameters(session, handle, what.to);
}

/** The piece named, or found among the autobackups, or (mounted) the newest one known. */
async function findSingle(
  session: Session,
  { from }: RestoreStatement,
  which: Single['kind'],
): Promise<string> {
  if (from?.kind === 'piece') return from.handle;
  if (from?.kind === 'autobackup') return findAutobackup(session, from);
  const { status } = await session.target.instance.identity({});
  if (status === 'STARTED') {
    throw new RmanError(['RMAN-06563: control file or SPFILE must be restored using FROM AUTOBACKUP']);
  }
  const controlFile = await session.target.instance.readControlFile({});
  const sets = controlFile.backupSets.filter((set) =>
    which === 'control-file' ? set.controlFileIncluded : set.spfileIncluded,
  );
  const tag = from?.kind === 'tag' ? from.tag : undefined;
  const found = sets
    .flatMap((set) => piecesOf(controlFile, set) ?? [])
    .filter((piece) => tag === undefined || piece.tag === tag)
    .at(-1);
  if (found !== undefined) return found.handle;
  throw new RmanError([
    'RMAN-06026: some targets not found - aborting restore',
    which === 'control-file'
      ? 'RMAN-06024: no backup or copy of the control file found to restore'
      : 'RMAN-06729: no backup of the SPFILE found to restore',
  ]);
}

async function restoreControlFile(
  session: Session,
  handle: string,
  { to, standby = false }: Extract<Single, { kind: 'control-file' }>,
): Promise<void> {
  if (to !== null) {
    await restoreWhole(session, { handle, which: 'control-file', path: to });
    session.print(`output file name=${to}`);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'rman-'));
  try {
    const path = join(directory, 'control.ctl');
    const dbid = await restoreWhole(session, { handle, which: 'control-file', path });
    if (session.dbid !== null && session.dbid !== dbid) throw otherDatabase(session.dbid, dbid);
    if (standby) makeStandby(path);
    const { controlFiles } = await session.target.instance.installControlFile({ path });
    session.print(...controlFiles.map((name) => `output file name=${name}`));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** STANDBY CONTROLFILE: the database it mounts is a standby. */
function makeStandby(path: string): void {
  writeControlFile(path, { ...readControlFile(path), role: 'PHYSICAL STANDBY' });
}

function otherDatabase(wanted: number, found: number): RmanError {
  return new RmanError([
    `RMAN-06172: no AUTOBACKUP found or specified handle is not a valid copy or piece`,
    `ORA-19691: the piece is of DBID ${found}, SET DBID says ${wanted}`,
  ]);
}

async function restoreServerParameters(session: Session, handle: string, to: string | null): Promise<void> {
  const path = to ?? session.target.serverParameterFile;
  await restoreWhole(session, { handle, which: 'spfile', path });
  session.print(`output file name=${path}`);
}

/** Answers the DBID in the piece. */
async function restoreWhole(
  session: Session,
  job: { handle: string; which: 'control-file' | 'spfile'; path: string | null },
): Promise<number> {
  const [channel] = session.usableChannels();
  if (channel === undefined) return 0;
  const { header } = await channel.run({ kind: 'restore-whole', ...job });
  return header.dbid;
}

async function restoreLogRange(
  session: Session,
  { validate }: RestoreStatement,
  range: LogRange,
): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const all = findLogBackups(controlFile, { from: range.fromScn ?? 0n, until: range.untilScn });
  const fits = logFilter(range, session.dateFormat);
  const wanted = all.filter((log) => log.resetlogsScn === controlFile.resetlogsScn && fits(log));
  const present = new Set(wanted.map(({ sequence }) => sequence));
  const missing: string[] = [];
  if (range.from !== null && range.until !== null) {
    for (let sequence = range.from; sequence <= range.until; sequence++) {
      if (!present.has(sequence)) missing.push(missingLog(range.thread ?? 1, sequence, undefined));
    }
  }
  if (missing.length > 0 || wanted.length === 0) {
    throw new RmanError(['RMAN-06026: some targets not found - aborting restore', ...missing]);
  }
  if (validate) await validateArchivedLogs(session, controlFile, wanted);
  else await restoreArchivedLogs(session, controlFile, wanted, 'restore');
}

/** RMAN-06025. */
export function missingLog(thread: number, sequence: number | undefined, scn: string | undefined): string {
  const which = `thread ${thread} with sequence ${sequence ?? 'unknown'}`;
  const start = scn === undefined ? '' : ` and starting SCN of ${parseScn(scn)}`;
  return `RMAN-06025: no backup of archived log for ${which}${start} found to restore`;
}
