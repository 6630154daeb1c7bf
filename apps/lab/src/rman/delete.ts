/** DELETE and CHANGE … DELETE: the piece first, then its record. */
import { existsSync } from 'node:fs';
import { type BackupPiece } from '../control-file/control-file';
import { type MaintenanceStatement } from './ast';
import { ChannelError } from './channel';
import { selectCopies } from './find-copies';
import { deleteCopies } from './maintain-copies';
import { keptLogs } from './plan-logs';
import { obsoleteCopies, obsoleteSets, policyLines, policyOf } from './obsolete';
import { parseDate } from './rman-date';
import { maintenanceChannel } from './run-channels';
import { logFilter } from './select-files';
import { describePiece, isOfSet, selectPieces } from './select-pieces';
import { type Session } from './session';

type DeleteStatement = Extract<MaintenanceStatement, { kind: 'delete' }>;
type ObsoleteStatement = Extract<MaintenanceStatement, { kind: 'delete-obsolete' }>;

export async function runDelete(session: Session, statement: DeleteStatement): Promise<void> {
  if (statement.object.kind === 'archived-logs') {
    await deleteLogs(session, statement);
    return;
  }
  const controlFile = await session.target.instance.readControlFile({});
  const { object, qualifiers, expired, force } = statement;
  const { dateFormat } = session;
  if (object.kind === 'copies') {
    const copies = selectCopies(controlFile, { object, qualifiers, dateFormat });
    const wanted = expired ? copies.filter(({ status }) => status === 'X') : copies;
    await deleteCopies(session, wanted, { expired, force });
    return;
  }
  const pieces = selectPieces(controlFile, { object, qualifiers, dateFormat });
  const wanted = expired ? pieces.filter(({ status }) => status === 'X') : pieces;
  // DELETE opens a channel even when it finds nothing.
  if (wanted.length === 0) await maintenanceChannel(session, qualifiers.device ?? 'SBT_TAPE');
  await deletePieces(session, wanted, { expired, force });
}

export async function deleteObsolete(
  session: Session,
  { retention, device, force }: ObsoleteStatement,
): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const policy = policyOf(controlFile, retention);
  session.print(...policyLines(policy, retention));
  const sets = obsoleteSets(controlFile, policy, session.now());
  const pieces = controlFile.backupPieces.filter(
    (piece) => sets.some((set) => isOfSet(piece, set)) && (device === null || piece.deviceType === device),
  );
  const copies = device === 'SBT_TAPE' ? [] : obsoleteCopies(controlFile, policy, session.now());
  if (pieces.length + copies.length === 0) {
    session.print('no obsolete backups found');
    return;
  }
  if (copies.length > 0) await deleteCopies(session, copies, { expired: false, force });
  if (pieces.length > 0) await deletePieces(session, pieces, { expired: false, force });
}

/**
 * What the repository and the media manager do not agree on stays, with a warning, unless FORCE is given: a plain DELETE of
 * a piece that is gone, a DELETE EXPIRED of one that is there. FORCE also passes over what the media manager refuses.
 */
export async function deletePieces(
  session: Session,
  pieces: BackupPiece[],
  { expired, force }: { expired: boolean; force: boolean },
): Promise<void> {
  const { instance } = session.target;
  const mismatched: BackupPiece[] = [];
  let deleted = 0;
  for (const device of ['SBT_TAPE', 'DISK'] as const) {
    const ofDevice = pieces.filter(({ deviceType }) => deviceType === device);
    if (ofDevice.length === 0) continue;
    const channel = await maintenanceChannel(session, device);
    const asked = channel.run({ kind: 'info', handles: ofDevice.map(({ handle }) => handle) });
    const { found } = (await (force ? unlessRefused(asked) : asked)) ?? { found: ofDevice.map(() => true) };
    for (const [i, piece] of ofDevice.entries()) {
      const isThere = found[i] === true;
      if (isThere === expired && !force) {
        mismatched.push(piece);
        continue;
      }
      const removed = isThere
        ? channel.run({ kind: 'remove', handles: [piece.handle] })
        : Promise.resolve(null);
      await (force ? unlessRefused(removed) : removed);
      await instance.uncatalogPiece({ handle: piece.handle });
      session.print('deleted backup piece', describePiece(piece));
      deleted++;
    }
  }
  session.print(`Deleted ${deleted}${expired ? ' EXPIRED' : ''} objects`, '');
  if (mismatched.length > 0) session.print(...mismatchLines(mismatched));
}

/** FORCE drops the records whatever disk and media manager answer. @returns null for what failed */
async function unlessRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ChannelError) return null;
    throw error;
  }
}

function mismatchLines(pieces: BackupPiece[]): string[] {
  const devices = Map.groupBy(pieces, ({ deviceType }) => deviceType);
  return [
    ...[...devices].map(
      ([device, ofDevice]) =>
        `RMAN-06207: warning: ${ofDevice.length} objects could not be deleted for ${device} channel(s) due`,
    ),
    'RMAN-06208: to mismatched status.  Use CROSSCHECK command to fix status',
    'RMAN-06210: List of Mismatched objects',
    'RMAN-06211: ==========================',
    'RMAN-06212:   Object Type   Filename/Handle',
    'RMAN-06213: --------------- ---------------------------------------------------',
    ...pieces.map(({ handle }) => `RMAN-06214: ${'Backup Piece'.padEnd(15)} ${handle}`),
  ];
}

async function deleteLogs(session: Session, statement: DeleteStatement): Promise<void> {
  const { object, qualifiers, expired, force } = statement;
  if (object.kind !== 'archived-logs') return;
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  const fits = logFilter(object.range, session.dateFormat);
  const { completedBefore, completedAfter, backedUpTimes = 0 } = qualifiers;
  const before =
    completedBefore === undefined ? '~' : parseDate(completedBefore, session.dateFormat).toISOString();
  const after =
    completedAfter === undefined ? '' : parseDate(completedAfter, session.dateFormat).toISOString();
  const logs = controlFile.archivedLogs.filter(
    (log) =>
      log.status === (expired ? 'X' : 'A') &&
      log.name !== null &&
      log.resetlogsScn === controlFile.resetlogsScn &&
      log.backupCount >= backedUpTimes &&
      log.completedAt <= before &&
      log.completedAt >= after &&
      fits(log),
  );
  if (logs.length === 0) {
    session.print('specification does not match any archived log in the repository');
    return;
  }
  const kept = force || expired ? [] : keptLogs(session, controlFile, logs, 0);
  let deleted = 0;
  for (const { recid, stamp, name, thread, sequence } of logs) {
    const reason = kept.find((log) => log.recid === recid);
    if (reason !== undefined) {
      session.print(
        reason.warning,
        `archived log file name=${name ?? ''} thread=${thread} sequence=${sequence}`,
      );
      continue;
    }
    if (expired && name !== null && existsSync(name) && !force) continue;
    await instance.deleteArchivedLog({ recid });
    session.print(
      'deleted archived log',
      `archived log file name=${name ?? ''} RECID=${recid} STAMP=${stamp}`,
    );
    deleted++;
  }
  session.print(`Deleted ${deleted} objects`, '');
}
