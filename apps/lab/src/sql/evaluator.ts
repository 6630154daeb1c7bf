// The SQL side of the simulated database: one function that takes a statement and answers rows, or has the instance do something.
// Statements are parsed, checked and run anew each time; a SELECT runs to its end at once, within the limits of run-budget.ts.
import { type Statement } from './ast';
import { CompileContext } from './compile-context';
import { compileCondition } from './compile-condition';
import { defaultSession, type SessionContext } from './compiled';
import { compileQuery } from './compile-query';
import { DEFAULT_DATE_FORMAT } from './date-format';
import { notSimulated, OraError, oraError } from './ora-error';
import { parseStatement } from './parse-statement';
import { type BlockProcedure, isBlock } from './plsql-block';
import { type BlockBind, runBlock } from './run-block';
import { RunBudget } from './run-budget';
import { SqlDate } from './sql-date';
import { type SystemCommands } from './system-commands';
import { type Table, type TableProvider } from './table';
import { type Column, type SqlValue } from './value';

/** Who runs a statement. The object lives as long as the session: ALTER SESSION is remembered on it. */
export interface SqlSession {
  user: string;
  /** May read V$ and DBA_ views. */
  readsDictionary: boolean;
  /** May ALTER SYSTEM. */
  altersSystem: boolean;
  /** CON_ID of the session; absent = 0, no containers. */
  containerId?: number;
  /** NLS_DATE_FORMAT of the session; absent = DD-MON-RR. */
  dateFormat?: string;
}

interface SqlRequest {
  sql: string;
  /** Values in order of appearance. */
  binds: readonly SqlValue[];
  /** Describe the result without running; commands are only checked. */
  parseOnly: boolean;
  session: SqlSession;
}

export type SqlResult =
  | { kind: 'rows'; columns: readonly Column[]; rows: readonly (readonly SqlValue[])[] }
  | { kind: 'done'; rowsAffected: number }
  /** A PL/SQL block: its binds, each once, and what it called the session. */
  | { kind: 'block'; binds: readonly BlockBind[]; attributes: BlockAttributes };

/** What a block set through DBMS_APPLICATION_INFO and DBMS_SESSION; absent = not touched. */
interface BlockAttributes {
  module?: string;
  action?: string;
  clientInfo?: string;
  clientIdentifier?: string;
}

export interface EvaluatorOptions {
  tables: TableProvider;
  commands: SystemCommands;
  now: () => Date;
}

export interface SqlEvaluator {
  /** Throws an OraError for everything the statement did wrong. */
  execute(request: SqlRequest): Promise<SqlResult>;
}

const DUAL: Table = {
  name: 'DUAL',
  columns: [{ name: 'DUMMY', type: 'VARCHAR2', sizeBytes: 1, nullable: true }],
  rows: () => [['X']],
};
const DONE: SqlResult = { kind: 'done', rowsAffected: 0 };
const KILL_TARGET = /^\s*(\d{1,9})\s*,\s*(\d{1,9})\s*(?:,\s*@(\d{1,4})\s*)?$/;

export function createSqlEvaluator(options: EvaluatorOptions): SqlEvaluator {
  const provider = (session: SqlSession): TableProvider => {
    return (name) => (name === 'DUAL' ? DUAL : session.readsDictionary ? options.tables(name) : null);
  };
  const run = async (request: SqlRequest): Promise<SqlResult> => {
    if (isBlock(request.sql)) return runPlSql(request, run);
    const statement = parseStatement(request.sql);
    if (statement.kind === 'query')
      return runQuery(statement, request, provider(request.session), options.now());
    if (request.parseOnly) return DONE;
    await runCommand(statement, request.session, options.commands);
    return DONE;
  };
  return { execute: run };
}

async function runPlSql(
  { sql, binds, parseOnly, session }: SqlRequest,
  run: SqlEvaluator['execute'],
): Promise<SqlResult> {
  const attributes: BlockAttributes = {};
  const results = await runBlock(
    sql,
    binds,
    parseOnly
      ? null
      : {
          query: async (text, values) => {
            const result = await run({ sql: text, binds: values, parseOnly: false, session });
            return result.kind === 'rows' ? result.rows : [];
          },
          statement: (text) => run({ sql: text, binds: [], parseOnly: false, session }),
          call: (procedure, values) => Object.assign(attributes, attributesOf(procedure, values)),
        },
  );
  return { kind: 'block', binds: results, attributes };
}

function attributesOf(procedure: BlockProcedure, values: readonly (string | null)[]): BlockAttributes {
  const [first, second] = values.map((value) => value ?? '');
  if (first === undefined) throw new OraError(6553, 'PLS-306: wrong number or types of arguments in call');
  switch (procedure) {
    case 'DBMS_APPLICATION_INFO.SET_MODULE':
      return { module: first, action: second ?? '' };
    case 'DBMS_APPLICATION_INFO.SET_ACTION':
      return { action: first };
    case 'DBMS_APPLICATION_INFO.SET_CLIENT_INFO':
      return { clientInfo: first };
    case 'DBMS_SESSION.SET_IDENTIFIER':
      return { clientIdentifier: first };
  }
}

function runQuery(
  statement: Extract<Statement, { kind: 'query' }>,
  request: SqlRequest,
  tables: TableProvider,
  now: Date,
): SqlResult {
  const { session, parseOnly } = request;
  if (!parseOnly && request.binds.length < statement.binds) throw oraError(1008);
  if (!parseOnly && request.binds.length > statement.binds)
    throw new OraError(1036, 'illegal variable name/number');
  const context = new CompileContext(
    request.sql,
    parseOnly ? null : request.binds,
    sessionContext(session, now),
    new RunBudget(tables),
    { query: compileQuery, condition: compileCondition },
  );
  const query = compileQuery(statement.query, null, context);
  return { kind: 'rows', columns: query.columns, rows: parseOnly ? [] : query.run(null) };
}

function sessionContext(session: SqlSession, now: Date): SessionContext {
  const seconds = SqlDate.fromEpochMs(Math.floor(now.getTime() / 1000) * 1000);
  return {
    ...defaultSession(session.user, seconds),
    containerId: session.containerId ?? 0,
    dateFormat: session.dateFormat ?? DEFAULT_DATE_FORMAT,
  };
}

async function runCommand(
  statement: Exclude<Statement, { kind: 'query' }>,
  session: SqlSession,
  commands: SystemCommands,
): Promise<void> {
  switch (statement.kind) {
    case 'commit':
    case 'rollback':
      return; // nothing the evaluator runs can be undone
    case 'alter-session':
      if (statement.name === 'NLS_DATE_FORMAT' && statement.value !== null)
        session.dateFormat = statement.value;
      return;
    default:
      if (!session.altersSystem) throw oraError(1031);
      await alterInstance(statement, commands);
  }
}

type InstanceStatement = Exclude<Statement, { kind: 'query' | 'commit' | 'rollback' | 'alter-session' }>;

async function alterInstance(statement: InstanceStatement, commands: SystemCommands): Promise<void> {
  switch (statement.kind) {
    case 'archive-log-current':
      await commands.archiveLogCurrent();
      return;
    case 'switch-logfile':
      await commands.switchLogfile();
      return;
    case 'checkpoint':
      await commands.checkpoint();
      return;
    case 'block-change-tracking':
      if (commands.setBlockChangeTracking === undefined) throw notSimulated('block change tracking');
      await commands.setBlockChangeTracking({ enabled: statement.enabled, file: statement.file });
      return;
    case 'alter-other':
      if (commands.alterOther === undefined) throw notSimulated('this ALTER statement', statement.at);
      await commands.alterOther(statement.sql);
      return;
    case 'kill-session': {
      const target = KILL_TARGET.exec(statement.session);
      if (target === null) throw new OraError(26, 'missing or invalid session ID');
      const instance = target[3] === undefined ? null : Number(target[3]);
      await commands.killSession({
        sid: Number(target[1]),
        serial: Number(target[2]),
        instance,
        immediate: statement.immediate,
      });
    }
  }
}
