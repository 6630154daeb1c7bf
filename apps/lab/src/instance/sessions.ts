/** The sessions of an instance and their long operations: what v$session and v$session_longops show. */
import { type LongOperation, type SessionId } from './instance-port';
import { type NewSession, type SessionAttributes } from './live-state';
import { type LongopState, type RmanOutputState, type SessionState } from '../views/live-state';
import { ORA, OraError } from './ora-error';

/** ORA-00018 beyond this. */
const SESSIONS_MAX = 1000;
/** Finished long operations stay visible, oldest dropped first. */
const LONGOPS_MAX = 500;
/** Lines of v$rman_output. */
const RMAN_OUTPUT_MAX = 10_000;
const FIRST_SID = 20;

interface LiveSession {
  row: SessionState;
  onKilled: () => void;
}

export class Sessions {
  private readonly bySid = new Map<number, LiveSession>();
  private readonly operations: LongopState[] = [];
  private readonly output: RmanOutputState[] = [];
  private nextOutput = 1;
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
    const at = this.now().toISOString();
    const row: SessionState = {
      ...session,
      clientInfo: session.clientInfo ?? null,
      sid,
      serial,
      event: 'SQL*Net message from client',
      status: 'ACTIVE',
      type: 'USER',
      logonAt: at,
      waitingSince: at,
    };
    this.bySid.set(sid, { row, onKilled });
    return { sid, serial };
  }

  /** Changes what the session says of itself. A session that is gone is nobody's business. */
  update(id: SessionId, attributes: SessionAttributes): void {
    const session = this.find(id);
    if (session === undefined) return;
    const { event } = attributes;
    if (event !== undefined && event !== session.row.event)
      session.row.waitingSince = this.now().toISOString();
    Object.assign(session.row, attributes);
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

  rows(): SessionState[] {
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

  longops(): LongopState[] {
    return this.operations.map((row) => ({ ...row }));
  }

  /** Keeps lines RMAN printed, in memory only as the real view does. */
  noteRmanOutput(origin: Omit<RmanOutputState, 'recid' | 'output'>, lines: string[]): void {
    for (const output of lines) this.output.push({ ...origin, recid: this.nextOutput++, output });
    if (this.output.length > RMAN_OUTPUT_MAX) this.output.splice(0, this.output.length - RMAN_OUTPUT_MAX);
  }

  rmanOutput(): RmanOutputState[] {
    return this.output.map((row) => ({ ...row }));
  }

  private find(id: SessionId): LiveSession | undefined {
    const session = this.bySid.get(id.sid);
    return session?.row.serial === id.serial ? session : undefined;
  }
}
