/** The sessions of an instance and their long operations: what v$session and v$session_longops show. */
import { type LongOperation, type SessionId } from './instance-port';
import { type LongopRow, type SessionRow } from './live-state';
import { ORA, OraError } from './ora-error';

/** ORA-00018 beyond this. */
const SESSIONS_MAX = 1000;
/** Finished long operations stay visible, oldest dropped first. */
const LONGOPS_MAX = 500;
const FIRST_SID = 20;

export interface NewSession {
  username: string;
  program: string;
  module: string | null;
  clientInfo: string | null;
  spid: number;
}

interface LiveSession {
  row: SessionRow;
  onKilled: () => void;
}

export class Sessions {
  private readonly bySid = new Map<number, LiveSession>();
  private readonly operations: LongopRow[] = [];
  private nextSerial: number;

  constructor(private readonly now: () => Date) {
    this.nextSerial = 1 + (now().getTime() % 10000);
  }

  /** Opens a session; `onKilled` is called once if somebody kills it. */
  open(session: NewSession, onKilled: () => void): SessionId {
    if (this.bySid.size >= SESSIONS_MAX) throw new OraError(18, 'maximum number of sessions exceeded');
    let sid = FIRST_SID;
    while (this.bySid.has(sid)) sid++;
    const serial = this.nextSerial++;
    const row: SessionRow = {
      ...session,
      sid,
      serial,
      event: 'SQL*Net message from client',
      status: 'ACTIVE',
      type: 'USER',
      logonAt: this.now().toISOString(),
    };
    this.bySid.set(sid, { row, onKilled });
    return { sid, serial };
  }

  /** Changes what the session says of itself. A session that is gone is nobody's business. */
  update(id: SessionId, change: { clientInfo?: string | null; module?: string | null; event?: string }): void {
    const session = this.find(id);
    if (session === undefined) return;
    if (change.clientInfo !== undefined) session.row.clientInfo = change.clientInfo;
    if (change.module !== undefined) session.row.module = change.module;
    if (change.event !== undefined) session.row.event = change.event;
  }

  close(id: SessionId): void {
    if (this.find(id) !== undefined) this.bySid.delete(id.sid);
  }

  /** ALTER SYSTEM KILL SESSION. Throws ORA-00030 when there is no such session. */
  kill(id: SessionId): void {
    const session = this.find(id);
    if (session === undefined) throw new OraError(ORA.noSuchSession, 'User session ID does not exist.');
    session.row.status = 'KILLED';
    session.onKilled();
  }

  rows(): SessionRow[] {
    return [...this.bySid.values()].map(({ row }) => ({ ...row }));
  }

  /** Creates or advances the row of (session, context, opname). */
  noteOperation(operation: LongOperation): void {
    const at = this.now().toISOString();
    const known = this.operations.find(
      (row) =>
        row.sid === operation.sid &&
        row.serial === operation.serial &&
        row.context === operation.context &&
        row.opname === operation.opname,
    );
    if (known !== undefined) {
      Object.assign(known, { sofar: operation.sofar, totalwork: operation.totalwork, updatedAt: at });
      return;
    }
    this.operations.push({ ...operation, startedAt: at, updatedAt: at });
    if (this.operations.length > LONGOPS_MAX) this.operations.shift();
  }

  longops(): LongopRow[] {
    return this.operations.map((row) => ({ ...row }));
  }

  private find(id: SessionId): LiveSession | undefined {
    const session = this.bySid.get(id.sid);
    return session?.row.serial === id.serial ? session : undefined;
  }
}
