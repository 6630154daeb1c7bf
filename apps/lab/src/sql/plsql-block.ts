// Anonymous PL/SQL blocks, as far as tools need them to reach one value or to name their session:
//
//   block      = BEGIN statement { statement } END ;
//   statement  = NULL ; | :bind := expr ; | SELECT ... INTO :bind {, :bind} FROM ... ; | EXECUTE IMMEDIATE expr ;
//              | DBMS_APPLICATION_INFO . (SET_MODULE | SET_ACTION | SET_CLIENT_INFO) ( expr {, expr} ) ;
//              | DBMS_SESSION . SET_IDENTIFIER ( expr ) ;
//
// Expressions are SQL expressions and go through the evaluator. Everything else is ORA-06550 with the place, as Oracle's compiler says it.
import { OraError } from './ora-error';
import { tokenize } from './tokenize';

/** One statement of a block. `sql` parts are queries of the evaluator's own grammar. */
type BlockStatement =
  | { kind: 'null' }
  /** The values of one row go to the binds, in order. */
  | { kind: 'select-into'; sql: string; into: readonly string[] }
  | { kind: 'execute-immediate'; sql: string }
  | { kind: 'call'; procedure: BlockProcedure; sql: string };

const BLOCK_PROCEDURES = [
  'DBMS_APPLICATION_INFO.SET_MODULE',
  'DBMS_APPLICATION_INFO.SET_ACTION',
  'DBMS_APPLICATION_INFO.SET_CLIENT_INFO',
  'DBMS_SESSION.SET_IDENTIFIER',
] as const;
export type BlockProcedure = (typeof BLOCK_PROCEDURES)[number];

export interface ParsedBlock {
  statements: readonly BlockStatement[];
  /** Every bind once, in order of first appearance: the order of the values on the wire. */
  binds: readonly string[];
  /** Binds that get a value; those not read as well are pure OUT binds. */
  assigned: ReadonlySet<string>;
  read: ReadonlySet<string>;
}

const BLOCK = /^\s*BEGIN\b([^]*)\bEND\s*;?\s*$/i;
const PIECE = /'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[^]*?\*\/|;|[^;'"\-/]+|[^]/g;
const LEADING_SPACE = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)+/;
const NAME = String.raw`:\s*("[^"]+"|[\p{L}\p{N}][\p{L}\p{N}_$#]*)`;
const ASSIGNMENT = new RegExp(String.raw`^${NAME}\s*:=\s*([^]+)$`, 'u');
const INTO = new RegExp(
  String.raw`^SELECT\b([^]+?)\bINTO\s+(${NAME}(?:\s*,\s*${NAME})*)\s+FROM\b([^]+)$`,
  'iu',
);
const IMMEDIATE = /^EXECUTE\s+IMMEDIATE\b([^]+)$/i;
const CALL = /^([\w$#]+\s*\.\s*[\w$#]+)\s*\(([^]*)\)$/;
const BIND = new RegExp(NAME, 'gu');

/** True for text that is PL/SQL and not SQL. */
export function isBlock(sql: string): boolean {
  return /^\s*(BEGIN|DECLARE)\b/i.test(sql);
}

/** Throws ORA-06550 with line and column for everything outside the grammar above. */
export function parseBlock(sql: string): ParsedBlock {
  const body = BLOCK.exec(sql)?.[1];
  if (body === undefined)
    throw misplaced(sql, sql.trimEnd().length, 'PLS-00103: Encountered the symbol "end-of-file"');
  const offset = sql.indexOf(body);
  const names = { assigned: new Set<string>(), read: new Set<string>(), all: new Set<string>() };
  const statements = split(body).map(({ text, at }) => parseOne(text, names, { sql, at: offset + at }));
  if (statements.length === 0) throw misplaced(sql, offset, 'PLS-00103: Encountered the symbol "END"');
  return { statements, binds: [...names.all], assigned: names.assigned, read: names.read };
}

interface Names {
  assigned: Set<string>;
  read: Set<string>;
  all: Set<string>;
}

function split(body: string): { text: string; at: number }[] {
  const parts: { text: string; at: number }[] = [];
  let start = 0;
  for (const piece of body.matchAll(PIECE)) {
    if (piece[0] !== ';') continue;
    parts.push({ text: body.slice(start, piece.index), at: start });
    start = piece.index + 1;
  }
  parts.push({ text: body.slice(start), at: start });
  return parts
    .map(({ text, at }) => ({ text, at, space: LEADING_SPACE.exec(text)?.[0].length ?? 0 }))
    .map(({ text, at, space }) => ({ text: text.slice(space).trim(), at: at + space }))
    .filter(({ text }) => text !== '');
}

function parseOne(text: string, names: Names, place: { sql: string; at: number }): BlockStatement {
  if (/^NULL$/i.test(text)) return { kind: 'null' };
  const [, target, value] = ASSIGNMENT.exec(text) ?? [];
  if (target !== undefined && value !== undefined) {
    noteBinds(`:${target}`, names, 'assigned');
    noteBinds(value, names, 'read');
    return { kind: 'select-into', sql: `SELECT ${value} FROM dual`, into: [bindName(target)] };
  }
  const into = INTO.exec(text);
  if (into !== null) {
    const [, items = '', targets = ''] = into;
    const source = into.at(-1) ?? '';
    noteBinds(items, names, 'read');
    const list = noteBinds(targets, names, 'assigned');
    noteBinds(source, names, 'read');
    return { kind: 'select-into', sql: `SELECT ${items} FROM ${source}`, into: list };
  }
  const dynamic = IMMEDIATE.exec(text)?.[1];
  if (dynamic !== undefined) {
    noteBinds(dynamic, names, 'read');
    return { kind: 'execute-immediate', sql: `SELECT ${dynamic} FROM dual` };
  }
  return parseCall(text, names, place);
}

function parseCall(text: string, names: Names, { sql, at }: { sql: string; at: number }): BlockStatement {
  const [, called = '', list = ''] = CALL.exec(text) ?? [];
  const wanted = called.replace(/\s/g, '').toUpperCase();
  const procedure = BLOCK_PROCEDURES.find((name) => name === wanted);
  if (procedure === undefined) {
    const identifier = /^[\w$#.]+/.exec(text)?.[0].toUpperCase() ?? text.charAt(0);
    throw misplaced(sql, at, `PLS-00201: identifier '${identifier}' must be declared`);
  }
  noteBinds(list, names, 'read');
  return { kind: 'call', procedure, sql: `SELECT ${list} FROM dual` };
}

/** The binds of a part of the block, in order of appearance; `:name` inside a literal is none. */
function noteBinds(text: string, names: Names, use: 'assigned' | 'read'): string[] {
  const found = bindsOf(use === 'assigned' ? [...text.matchAll(BIND)].map(([bind]) => bind).join(' ') : text);
  for (const name of found) {
    names[use].add(name);
    names.all.add(name);
  }
  return found;
}

/** Names of the binds of a piece of SQL, each as often as it appears. */
export function bindsOf(sql: string): string[] {
  return tokenize(sql).flatMap((token) => (token.kind === 'bind' ? [token.text] : []));
}

function bindName(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1) : text.toUpperCase();
}

function misplaced(sql: string, at: number, what: string): OraError {
  const before = sql.slice(0, at).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new OraError(6550, `line ${before.length}, column ${column}:\n${what}`);
}
