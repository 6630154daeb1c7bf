/** CHANGE ARCHIVELOG: what the control file says of archived logs; only DELETE touches the files. */
import { type ArchivedLog } from '../control-file/control-file';
import { type ChangeTo } from './ast';
import { refusedLines } from './lab-error';
import { RmanError } from './rman-error';
import { type Session } from './session';

export async function changeLogs(session: Session, logs: ArchivedLog[], to: ChangeTo): Promise<void> {
  const { instance } = session.target;
  const recids = logs.map(({ recid }) => recid);
  switch (to.kind) {
    case 'KEEP':
      throw new RmanError(refusedLines('KEEP of archived logs'));
    case 'DELETE':
      for (const recid of recids) await instance.deleteArchivedLog({ recid });
      tell(session, logs, 'deleted archived log');
      session.print(`Deleted ${logs.length} objects`, '');
      return;
    case 'UNCATALOG':
      await instance.setArchivedLogStatus({ recids, status: 'D' });
      tell(session, logs, 'uncataloged archived log');
      session.print(`Uncataloged ${logs.length} objects`, '');
      return;
    case 'AVAILABLE':
    case 'UNAVAILABLE':
      await instance.setArchivedLogStatus({ recids, status: to.kind === 'AVAILABLE' ? 'A' : 'U' });
      tell(session, logs, `changed archived log ${to.kind.toLowerCase()}`);
      session.print(`Changed ${logs.length} objects to ${to.kind} status`, '');
  }
}

function tell(session: Session, logs: ArchivedLog[], what: string): void {
  for (const { name, recid, stamp } of logs)
    session.print(what, `archived log file name=${name ?? ''} RECID=${recid} STAMP=${stamp}`);
}
