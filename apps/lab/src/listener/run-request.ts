// What one request of a logged-in session does, and the reply to it.
import { notSimulated, OraError } from '../sql/ora-error';
import { isBlock } from '../sql/plsql-block';
import { type SqlValue } from '../sql/value';
import { type Cursor, type CursorTable } from './cursors';
import {
  type CallState,
  type Outcome,
  NO_MORE_ROWS,
  writeBlockBinds,
  writeDescribe,
  writeOutcome,
  writeRow,
  writeRowHeader,
  writeStatus,
} from './replies';
import {
  type BindType,
  type ExecuteRequest,
  FUNCTION,
  openRequest,
  parseBindRows,
  parseExecute,
  parseReexecute,
} from './requests';
import {
  type ListenerOptions,
  type ListenerSession,
  type OpenedSession,
  type StatementResult,
} from './service';
import { type WireReader, WireWriter } from './wire';

/** What a session keeps between requests. */
export interface SessionState extends CallState {
  session: ListenerSession;
  opened: OpenedSession;
  cursors: CursorTable;
}

export interface RequestContext {
  state: SessionState;
  execute: ListenerOptions['execute'];
  replyBytesMax: number;
  signal: AbortSignal;
}

/** The reply. Throws OraError for what the statement did wrong and ProtocolError for what the client did wrong. */
export async function runRequest(body: Buffer, context: RequestContext): Promise<Buffer> {
  const { code, piggybacks, reader } = openRequest(body);
  const { state } = context;
  for (const piggyback of piggybacks) {
    if (piggyback.kind === 'close-cursors') for (const id of piggyback.cursors) state.cursors.close(id);
    if (piggyback.kind === 'attributes') state.opened.update?.(piggyback.attributes);
  }
  if (context.state.opened.killed.aborted) throw new OraError(28, 'your session has been killed');
  switch (code) {
    case FUNCTION.execute:
      return execute(parseExecute(reader), context);
    case FUNCTION.reexecute:
    case FUNCTION.reexecuteAndFetch:
      return reexecute(reader, code === FUNCTION.reexecuteAndFetch, context);
    case FUNCTION.fetch: {
      const cursor = state.cursors.get(reader.ub());
      const wanted = reader.ub();
      if (!cursor.fetchable) throw new OraError(1002, 'fetch out of sequence');
      return sendRows(new WireWriter(), cursor, wanted, context);
    }
    case FUNCTION.commit:
    case FUNCTION.rollback:
      state.inTransaction = false;
      return writeStatus(new WireWriter(), state).toBuffer();
    case FUNCTION.ping:
    case FUNCTION.logoff:
      return writeStatus(new WireWriter(), state).toBuffer();
    default:
      throw new OraError(3120, 'two-task conversion routine: integer overflow (function not simulated)');
  }
}

/** True for the request after which the client closes the connection. */
export function isLogoff(body: Buffer): boolean {
  return body.length >= 2 && body[0] === 3 && body[1] === FUNCTION.logoff;
}

async function execute(request: ExecuteRequest, context: RequestContext): Promise<Buffer> {
  const { cursors } = context.state;
  if (request.sql === null) return executeAgain(request, context);
  const types = request.bindTypes ?? [];
  if (isBlock(request.sql)) return runBlockRequest({ sql: request.sql, types, request }, context);
  if (!request.isQuery) {
    const affected = await runRows({ sql: request.sql, types, request }, context);
    if (request.commits) context.state.inTransaction = false;
    return writeOutcome(new WireWriter(), done(context, affected, 0)).toBuffer();
  }
  // The cursor is opened last: a statement that fails leaves nothing behind.
  const [binds = []] = parseBindRows(request.bindRows, types);
  const result = await runQuery(request.sql, binds, request.parseOnly, context);
  const cursor = cursors.open(request.sql, true, types);
  Object.assign(cursor, { columns: result.columns, rows: result.rows, fetchable: !request.parseOnly });
  const w = writeDescribe(new WireWriter(), result.columns);
  if (request.parseOnly || !request.fetches) return writeOutcome(w, done(context, 0, cursor.id)).toBuffer();
  return sendRows(w, cursor, request.rowsWanted, context);
}

/** A known cursor with new bind types; or a definition of columns, which the lab's column types never need. */
async function executeAgain(request: ExecuteRequest, context: RequestContext): Promise<Buffer> {
  const cursor = context.state.cursors.get(request.cursor);
  if (request.defineOnly) return writeOutcome(new WireWriter(), done(context, 0, cursor.id)).toBuffer();
  if (request.bindTypes !== null) cursor.bindTypes = request.bindTypes;
  if (!cursor.isQuery)
    return runBlockCursor(cursor, parseBindRows(request.bindRows, cursor.bindTypes)[0] ?? [], context);
  if (request.parseOnly) {
    const described = await runQuery(cursor.sql, [], true, context);
    return writeOutcome(
      writeDescribe(new WireWriter(), described.columns),
      done(context, 0, cursor.id),
    ).toBuffer();
  }
  const [binds = []] = parseBindRows(request.bindRows, cursor.bindTypes);
  await refill(cursor, binds, context);
  if (!request.fetches) return writeOutcome(new WireWriter(), done(context, 0, cursor.id)).toBuffer();
  return sendRows(new WireWriter(), cursor, request.rowsWanted, context);
}

async function reexecute(reader: WireReader, fetches: boolean, context: RequestContext): Promise<Buffer> {
  const { cursor: id, iterations } = parseReexecute(reader);
  const cursor = context.state.cursors.get(id);
  if (!cursor.isQuery) return reexecuteBlock(reader, cursor, context);
  const [binds = []] = parseBindRows(reader, cursor.bindTypes);
  await refill(cursor, binds, context);
  if (!fetches) return writeOutcome(new WireWriter(), done(context, 0, cursor.id)).toBuffer();
  return sendRows(new WireWriter(), cursor, iterations, context);
}

async function runBlockRequest(
  { sql, types, request }: { sql: string; types: readonly BindType[]; request: ExecuteRequest },
  context: RequestContext,
): Promise<Buffer> {
  const rows = parseBindRows(request.bindRows, types);
  if (rows.length > 1) throw notSimulated('one PL/SQL block with many rows of binds');
  if (request.parseOnly) {
    await runStatement(sql, [], true, context);
    return writeOutcome(new WireWriter(), done(context, 0, 0)).toBuffer();
  }
  // A block that fails leaves no cursor behind.
  const probe: Cursor = { ...EMPTY_BLOCK_CURSOR, sql, bindTypes: types };
  const result = await runBlockStatement(probe, rows[0] ?? [], context);
  const cursor = context.state.cursors.open(sql, false, types);
  cursor.outBinds = outBindsOf(result);
  return blockReply(cursor, result, context);
}

const EMPTY_BLOCK_CURSOR = {
  id: 0,
  isQuery: false,
  columns: [],
  rows: [],
  next: 0,
  fetchable: false,
} as const;

/** Function 4: pure OUT binds are not sent again. */
async function reexecuteBlock(reader: WireReader, cursor: Cursor, context: RequestContext): Promise<Buffer> {
  const { outBinds = new Set<number>() } = cursor;
  const sent = cursor.bindTypes.filter((_, i) => !outBinds.has(i));
  const [values = []] = parseBindRows(reader, sent);
  let next = 0;
  const binds = cursor.bindTypes.map((_, i) => (outBinds.has(i) ? null : (values[next++] ?? null)));
  return runBlockCursor(cursor, binds, context);
}

async function runBlockCursor(
  cursor: Cursor,
  binds: readonly SqlValue[],
  context: RequestContext,
): Promise<Buffer> {
  const result = await runBlockStatement(cursor, binds, context);
  cursor.outBinds = outBindsOf(result);
  return blockReply(cursor, result, context);
}

type BlockResult = Extract<StatementResult, { kind: 'block' }>;

async function runBlockStatement(
  { sql, bindTypes }: Cursor,
  binds: readonly SqlValue[],
  context: RequestContext,
): Promise<BlockResult> {
  const result = await runStatement(sql, binds, false, context);
  if (result.kind !== 'block') throw new OraError(900, 'invalid SQL statement');
  if (result.binds.length !== bindTypes.length) throw new OraError(1008, 'not all variables bound');
  if (Object.keys(result.attributes).length > 0) context.state.opened.update?.(result.attributes);
  return result;
}

function outBindsOf({ binds }: BlockResult): Set<number> {
  return new Set(binds.flatMap(({ direction }, i) => (direction === 'out' ? [i] : [])));
}

function blockReply(cursor: Cursor, { binds }: BlockResult, context: RequestContext): Buffer {
  const w = new WireWriter();
  const typed = binds.map((bind, i) => ({ ...bind, type: cursor.bindTypes[i] }));
  if (typed.some(({ direction }) => direction !== 'in')) writeBlockBinds(w, typed);
  return writeOutcome(w, done(context, 1, cursor.id)).toBuffer();
}

async function refill(cursor: Cursor, binds: readonly SqlValue[], context: RequestContext): Promise<void> {
  const result = await runQuery(cursor.sql, binds, false, context);
  Object.assign(cursor, { columns: result.columns, rows: result.rows, next: 0, fetchable: true });
}

async function runQuery(
  sql: string,
  binds: readonly SqlValue[],
  parseOnly: boolean,
  context: RequestContext,
): Promise<Extract<StatementResult, { kind: 'rows' }>> {
  const result = await runStatement(sql, binds, parseOnly, context);
  if (result.kind !== 'rows') throw new OraError(900, 'invalid SQL statement');
  return result;
}

/** A statement that is no query, once for each row of binds. Answers the rows affected. */
async function runRows(
  { sql, types, request }: { sql: string; types: readonly BindType[]; request: ExecuteRequest },
  context: RequestContext,
): Promise<number> {
  const rows = parseBindRows(request.bindRows, types);
  let affected = 0;
  for (const binds of rows.length === 0 ? [[]] : rows) {
    const result = await runStatement(sql, binds, request.parseOnly, context);
    if (result.kind !== 'done') throw new OraError(900, 'invalid SQL statement');
    affected += result.rowsAffected;
    context.signal.throwIfAborted();
  }
  return affected;
}

async function runStatement(
  sql: string,
  binds: readonly SqlValue[],
  parseOnly: boolean,
  context: RequestContext,
): Promise<StatementResult> {
  const { state, signal } = context;
  const result = await context.execute({ sql, binds, parseOnly, session: state.session, signal });
  if (result.inTransaction !== undefined) state.inTransaction = result.inTransaction;
  return result;
}

function done(context: RequestContext, rowCount: number, cursor: number): Outcome {
  return { inTransaction: context.state.inTransaction, cursor, rowCount, error: null };
}

/**
 * Rows of the cursor behind what is already in `w`. Fewer rows than wanted end with 1403; a full page ends without error and the
 * client asks again. A page also ends early when the reply grows too large.
 */
function sendRows(w: WireWriter, cursor: Cursor, wanted: number, context: RequestContext): Buffer {
  const remaining = cursor.rows.length - cursor.next;
  const page = Math.min(wanted, remaining);
  if (page > 0) writeRowHeader(w, cursor.columns.length, page);
  let sent = 0;
  while (sent < page && w.length < context.replyBytesMax) {
    writeRow(w, cursor.columns, cursor.rows[cursor.next] ?? []);
    cursor.next += 1;
    sent += 1;
  }
  const outcome = done(context, cursor.next, cursor.id);
  const ended = sent === page && sent < wanted;
  if (ended) {
    Object.assign(cursor, { rows: [], fetchable: false });
    outcome.error = { number: NO_MORE_ROWS, message: 'ORA-01403: no data found', position: null };
  }
  return writeOutcome(w, outcome).toBuffer();
}
