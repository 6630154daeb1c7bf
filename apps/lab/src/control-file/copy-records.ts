/** RMAN's records of image copies: pure changes of a control file, each one transaction of ControlFileStore.update. */
import { stampOf } from '../formats/stamp';
import { type NewRecord } from '../instance/instance-port';
import { type ControlFile, type DataFileCopy, type RecordStatus } from './control-file';

/** Adds a copy; what was on record under its name goes. */
export function recordDataFileCopy(
  controlFile: ControlFile,
  copy: NewRecord<DataFileCopy>,
  now: Date,
): DataFileCopy {
  const record = { ...copy, recid: controlFile.nextRecid++, stamp: stampOf(now) };
  const others = (controlFile.dataFileCopies ?? []).filter(({ name }) => name !== copy.name);
  controlFile.dataFileCopies = [...others, record];
  return record;
}

/** Sets the status of the copies with these record ids; null: forgets them. */
export function setCopyStatus(controlFile: ControlFile, recids: number[], status: RecordStatus | null): void {
  const copies = controlFile.dataFileCopies ?? [];
  if (status === null) controlFile.dataFileCopies = copies.filter(({ recid }) => !recids.includes(recid));
  else for (const copy of copies) if (recids.includes(copy.recid)) copy.status = status;
}
