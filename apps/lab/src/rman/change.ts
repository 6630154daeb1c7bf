/** CHANGE: what the control file says of pieces, without touching them (CHANGE … DELETE apart). */
import { type MaintenanceStatement } from './ast';
import { keepUntilOf } from './backup-plan';
import { deletePieces } from './delete';
import { selectCopies } from './find-copies';
import { changeCopies } from './maintain-copies';
import { selectLogs } from './select-files';
import { changeLogs } from './change-logs';
import { describePiece, isOfSet, selectPieces } from './select-pieces';
import { type Session } from './session';

type ChangeStatement = Extract<MaintenanceStatement, { kind: 'change' }>;

export async function runChange(session: Session, statement: ChangeStatement): Promise<void> {
  const { object, qualifiers, to } = statement;
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  const { dateFormat } = session;
  if (object.kind === 'archived-logs') {
    await changeLogs(
      session,
      selectLogs(controlFile, object.range, { dateFormat, statuses: ['A', 'X', 'U'] }),
      to,
    );
    return;
  }
  if (object.kind === 'copies') {
    await changeCopies(session, selectCopies(controlFile, { object, qualifiers, dateFormat }), to);
    return;
  }
  const pieces = selectPieces(controlFile, { object, qualifiers, dateFormat });
  switch (to.kind) {
    case 'DELETE':
      await deletePieces(session, pieces, { expired: false, force: false });
      return;
    case 'UNCATALOG':
      for (const piece of pieces) {
        await instance.uncatalogPiece({ handle: piece.handle });
        session.print('uncataloged backup piece', describePiece(piece));
      }
      session.print(`Uncataloged ${pieces.length} objects`, '');
      return;
    case 'KEEP': {
      const sets = controlFile.backupSets.filter((set) => pieces.some((piece) => isOfSet(piece, set)));
      const keepUntil = keepUntilOf(session, to.keep);
      await instance.setBackupKeep({ recids: sets.map(({ recid }) => recid), keepUntil });
      session.print(`Changed ${sets.length} objects to ${keepUntil === null ? 'NOKEEP' : 'KEEP'} status`, '');
      return;
    }
    case 'AVAILABLE':
    case 'UNAVAILABLE':
      for (const piece of pieces) {
        await instance.setPieceStatus({
          handles: [piece.handle],
          status: to.kind === 'AVAILABLE' ? 'A' : 'U',
        });
        session.print(`changed backup piece ${to.kind.toLowerCase()}`, describePiece(piece));
      }
      session.print(`Changed ${pieces.length} objects to ${to.kind} status`, '');
  }
}
