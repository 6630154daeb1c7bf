/** RESTORE … PREVIEW: what a restore would read, without reading it. */
import { type RestoreStatement } from './ast';
import { findLogBackups, piecesOf } from './find-backups';
import { labLines } from './lab-error';
import { checkpointOf, planFiles } from './restore-data-files';
import { RmanError } from './rman-error';
import { listSummary, listSets } from './list';
import { listCopies } from './list-copies';
import { type Session } from './session';

export async function previewRestore(session: Session, statement: RestoreStatement): Promise<void> {
  const { what, preview } = statement;
  if (what.kind === 'control-file' || what.kind === 'spfile' || what.kind === 'archived-logs') {
    throw new RmanError(labLines('PREVIEW of this'));
  }
  const controlFile = await session.target.instance.readControlFile({});
  const files = planFiles(session, controlFile, { statement: { ...statement, what }, unreadable: new Set() });
  const checkpoints = files.map(checkpointOf);
  const from = checkpoints.reduce((min, scn) => (scn < min ? scn : min));
  const logs = findLogBackups(controlFile, { from, until: undefined });
  const sets = files.flatMap(({ base }) => (base.kind === 'set' ? [base.backup] : []));
  const copies = files.flatMap(({ base }) => (base.kind === 'copy' ? [base.copy] : []));
  const handles = new Set(
    [...sets, ...logs].flatMap((record) => (piecesOf(controlFile, record) ?? []).map(({ handle }) => handle)),
  );
  const pieces = controlFile.backupPieces.filter(({ handle }) => handles.has(handle));
  if (copies.length > 0) listCopies(session, copies);
  if (preview === 'summary') listSummary(session, controlFile, pieces);
  else listSets(session, controlFile, pieces);
  const newest = checkpoints.reduce((max, scn) => (scn > max ? scn : max));
  session.print(
    '',
    `recovery will be done up to SCN ${newest}`,
    `Media recovery start SCN is ${from}`,
    `Recovery must be done beyond SCN ${newest} to clear datafile fuzziness`,
  );
}
