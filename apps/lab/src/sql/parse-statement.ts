// SQL text to a statement. The grammar, as far as the simulated database knows SQL:
//
//   statement  = query | ALTER SYSTEM system | ALTER SESSION session | ALTER DATABASE tracking
//              | ALTER ([PLUGGABLE] DATABASE | TABLESPACE) anything  handed to the instance as text
//              | COMMIT [WORK] | ROLLBACK [WORK]
//   system     = ARCHIVE LOG CURRENT | SWITCH LOGFILE | CHECKPOINT [GLOBAL | LOCAL]
//              | (SET | RESET) anything                           handed to the instance as text
//              | (KILL | DISCONNECT) SESSION 'sid,serial#[,@inst]' [IMMEDIATE | POST_TRANSACTION]
//   session    = SET name = value { ... }                        accepted; NLS_DATE_FORMAT has an effect
//   tracking   = ENABLE BLOCK CHANGE TRACKING [USING FILE 'path' [REUSE]] | DISABLE BLOCK CHANGE TRACKING
//   query      = [WITH name AS ( query ) {, ...}] block { (UNION [ALL] | INTERSECT | MINUS) block }
//                [ORDER BY expr [ASC | DESC] [NULLS (FIRST | LAST)] {, ...}] [FETCH (FIRST | NEXT) expr (ROW | ROWS) ONLY]
//   block      = SELECT [DISTINCT | ALL] item {, item} FROM table { , table | join } [WHERE cond] [GROUP BY expr {, expr}] [HAVING cond]
//   item       = * | name.* | expr [[AS] alias]
//   table      = [schema.]name [alias] | ( query ) [alias]
//   join       = CROSS JOIN table | [INNER | LEFT [OUTER] | RIGHT [OUTER] | FULL [OUTER]] JOIN table ON cond
//   cond       = and { OR and }        and = not { AND not }        not = [NOT] predicate
//   predicate  = EXISTS ( query ) | ( cond ) | expr test
//   test       = (= | <> | != | ^= | < | <= | > | >=) expr | IS [NOT] NULL | [NOT] IN ( expr {, expr} | query )
//              | [NOT] LIKE expr [ESCAPE expr] | [NOT] BETWEEN expr AND expr
//   expr       = term { (+ | - | ||) term }      term = unary { (* | /) unary }      unary = { + | - } primary
//   primary    = number | 'text' | DATE 'text' | TIMESTAMP 'text' | INTERVAL 'n' unit | :bind | NULL | ROWNUM | SYSDATE | USER
//              | [[schema.]table.]column | function ( [DISTINCT] [* | expr {, expr}] ) | CAST ( expr AS type )
//              | CASE [expr] WHEN ... THEN expr {...} [ELSE expr] END | ( expr ) | ( expr, expr {, expr} ) | ( query )
//
// What Oracle would refuse is refused with Oracle's number and position; what Oracle knows and this evaluator does not is ORA-03001.
import { type Statement } from './ast';
import { notSimulated } from './ora-error';
import { QueryParser } from './parse-query';
import { TokenCursor } from './token-cursor';
import { byteOffset } from './tokenize';

/** Statements that exist in Oracle but not here: told apart from text that is no SQL at all. */
const KNOWN_ELSEWHERE = new Set(
  'INSERT UPDATE DELETE MERGE CREATE DROP TRUNCATE GRANT REVOKE BEGIN DECLARE CALL EXPLAIN LOCK COMMENT RENAME ANALYZE SAVEPOINT SET PURGE'.split(
    ' ',
  ),
);

const FIRST_WORD = /^\s*([a-z]+)\b/i;

/** The statement. Throws an OraError, with the byte offset, for every text that is none. */
export function parseStatement(sql: string): Statement {
  // PL/SQL has symbols that SQL has not, so what is none of ours must be told before it is cut into tokens.
  const firstWord = FIRST_WORD.exec(sql);
  const elsewhere = KNOWN_ELSEWHERE.has(firstWord?.[1]?.toUpperCase() ?? '');
  if (elsewhere) throw notSimulated(firstWord?.[1]?.toUpperCase() ?? '', byteOffset(sql, sql.search(/\S/)));
  const cursor = new TokenCursor(sql);
  if (cursor.isWord('SELECT') || cursor.isWord('WITH') || cursor.isSymbol('(')) {
    const query = new QueryParser(cursor).query();
    cursor.needEnd();
    return { kind: 'query', query, binds: cursor.binds };
  }
  const statement = parseCommand(cursor);
  if (statement !== null) {
    cursor.needEnd();
    return statement;
  }
  throw cursor.error(900);
}

function parseCommand(cursor: TokenCursor): Statement | null {
  if (cursor.takeWords('ALTER', 'SYSTEM')) return alterSystem(cursor);
  if (cursor.takeWords('ALTER', 'SESSION')) return alterSession(cursor);
  if (cursor.takeWords('ALTER', 'DATABASE')) return alterDatabase(cursor);
  if (cursor.takeWords('ALTER', 'TABLESPACE') || cursor.takeWords('ALTER', 'PLUGGABLE', 'DATABASE'))
    return alterOther(cursor);
  if (cursor.isWord('ALTER'))
    throw notSimulated('this ALTER statement', cursor.bytePosition(cursor.peek(1).at));
  const isCommit = cursor.takeWords('COMMIT');
  if (!isCommit && !cursor.takeWords('ROLLBACK')) return null;
  cursor.takeWords('WORK');
  return { kind: isCommit ? 'commit' : 'rollback' };
}

function alterSystem(cursor: TokenCursor): Statement {
  if (cursor.takeWords('ARCHIVE', 'LOG')) {
    cursor.needWord('CURRENT', 2065);
    return { kind: 'archive-log-current' };
  }
  if (cursor.takeWords('SWITCH', 'LOGFILE')) return { kind: 'switch-logfile' };
  if (cursor.takeWords('CHECKPOINT')) {
    if (!cursor.takeWords('GLOBAL')) cursor.takeWords('LOCAL');
    return { kind: 'checkpoint' };
  }
  if (cursor.isWord('SET') || cursor.isWord('RESET')) return alterOther(cursor);
  const kills = cursor.takeWords('KILL', 'SESSION') || cursor.takeWords('DISCONNECT', 'SESSION');
  const target = cursor.peek();
  if (!kills || target.kind !== 'string') throw cursor.error(2065);
  cursor.take();
  const immediate = cursor.takeWords('IMMEDIATE');
  if (!immediate) cursor.takeWords('POST_TRANSACTION');
  return { kind: 'kill-session', session: target.text, immediate, at: target.at };
}

function alterSession(cursor: TokenCursor): Statement {
  if (!cursor.takeWords('SET'))
    throw cursor.peek().kind === 'end' ? cursor.error(2248) : notSimulated('this ALTER SESSION');
  let name: string | null = null;
  let value: string | null = null;
  while (cursor.peek().kind === 'word') {
    const setting = cursor.take().text;
    cursor.takeSymbol('=');
    const token = cursor.take();
    if (token.kind === 'end' || token.kind === 'symbol') throw cursor.error(922, token.at);
    if (name === null || setting === 'NLS_DATE_FORMAT') [name, value] = [setting, token.text];
  }
  if (name === null) throw cursor.error(2248);
  return { kind: 'alter-session', name, value };
}

function alterDatabase(cursor: TokenCursor): Statement {
  const enabled = cursor.takeWords('ENABLE', 'BLOCK', 'CHANGE', 'TRACKING');
  if (!enabled && !cursor.takeWords('DISABLE', 'BLOCK', 'CHANGE', 'TRACKING')) return alterOther(cursor);
  let file: string | null = null;
  if (enabled && cursor.takeWords('USING')) {
    // FILE is a reserved word, so it is matched as a word and not as a name.
    if (!cursor.takeWords('FILE') || cursor.peek().kind !== 'string') throw cursor.error(922);
    file = cursor.take().text;
    cursor.takeWords('REUSE');
  }
  return { kind: 'block-change-tracking', enabled, file };
}

function alterOther(cursor: TokenCursor): Statement {
  const at = cursor.peek().at;
  while (cursor.peek().kind !== 'end') cursor.take();
  return { kind: 'alter-other', sql: cursor.sql, at: cursor.bytePosition(at) };
}
