/** LIST COPY: image copies of data files, as RMAN lays them out. */
import { type DataFileCopy } from '../control-file/control-file';
import { formatDate } from './rman-date';
import { type Session } from './session';

export function listCopies(session: Session, copies: DataFileCopy[]): void {
  const date = (text: string) => formatDate(new Date(text), session.dateFormat).padEnd(15);
  session.print(
    '',
    'List of Datafile Copies',
    '=======================',
    '',
    'Key     File S Completion Time Ckp SCN    Ckp Time        Sparse',
    '------- ---- - --------------- ---------- --------------- ------',
  );
  for (const copy of copies) {
    const columns = [
      String(copy.recid).padEnd(7),
      String(copy.file).padEnd(4),
      copy.status,
      date(copy.completedAt),
      copy.checkpointScn.padEnd(10),
      date(copy.checkpointAt),
      'NO',
    ];
    session.print(
      columns.join(' '),
      `        Name: ${copy.name}`,
      ...(copy.tag === null ? [] : [`        Tag: ${copy.tag}`]),
      '',
    );
  }
}
