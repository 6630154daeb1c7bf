// The scalar functions. Most return NULL when any argument is NULL; those that do not are written out.
import {
  boundedText,
  compiled,
  type Compiled,
  convertAll,
  convertPair,
  convertTo,
  held,
  type SessionContext,
  textOf,
} from './compiled';
import { formatDate, parseDate } from './date-format';
import { Decimal } from './decimal';
import { formatNumber } from './number-format';
import { notSimulated, OraError, oraError } from './ora-error';
import { SqlDate } from './sql-date';
import { pad, position, substring, trimmed } from './text-functions';
import { compareValues, type SqlType, type SqlValue, TEXT_SIZE_MAX_BYTES } from './value';

export interface ScalarFunction {
  argumentsMin: number;
  argumentsMax: number;
  compile: (args: readonly Compiled[], session: SessionContext) => Compiled;
}

const MANY = 255;

/** The function of an upper-case name. */
export function findFunction(name: string): ScalarFunction | undefined {
  return FUNCTIONS.get(name);
}

/** A function whose arguments have fixed types and that yields NULL for a NULL argument. */
function strict(
  type: SqlType,
  parameters: readonly SqlType[],
  argumentsMin: number,
  call: (values: readonly Exclude<SqlValue, null>[], session: SessionContext) => SqlValue,
): ScalarFunction {
  return {
    argumentsMin,
    argumentsMax: parameters.length,
    compile: (args, session) => {
      const inputs = args.map((arg, i) => convertTo(parameters[i] ?? 'VARCHAR2', arg, session));
      return compiled(type, (frame) => {
        const values: Exclude<SqlValue, null>[] = [];
        for (const input of inputs) {
          const value = input.read(frame);
          if (value === null) return null;
          values.push(value);
        }
        const result = call(values, session);
        return typeof result === 'string' ? boundedText(result) : result;
      });
    },
  };
}

const text = (values: readonly unknown[], index: number, otherwise = ''): string => {
  const value = values[index];
  return typeof value === 'string' ? value : otherwise;
};
const number = (values: readonly unknown[], index: number, otherwise = Decimal.ZERO): Decimal => {
  const value = values[index];
  return value instanceof Decimal ? value : otherwise;
};
const small = (values: readonly unknown[], index: number, otherwise = 0): number =>
  Math.trunc(number(values, index, Decimal.of(otherwise)).toSmallNumber());

function datePlusMonths(date: SqlDate, months: number): SqlDate {
  const f = date.fields();
  const index = f.year * 12 + f.month - 1 + months;
  const target = { ...f, year: Math.floor(index / 12), month: (((index % 12) + 12) % 12) + 1 };
  const lastDay = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
  const endOfMonth = f.day === lastDay(f.year, f.month);
  const last = lastDay(target.year, target.month);
  return SqlDate.fromFields({ ...target, day: endOfMonth ? last : Math.min(f.day, last) });
}

function truncateDate(date: SqlDate, unit: string): SqlDate {
  const f = { ...date.startOfDay().fields() };
  const within = date.fields();
  switch (unit.toUpperCase()) {
    case 'DD':
    case 'DDD':
    case 'J':
      return date.startOfDay();
    case 'HH':
    case 'HH24':
      return SqlDate.fromFields({ ...f, hour: within.hour });
    case 'MI':
      return SqlDate.fromFields({ ...f, hour: within.hour, minute: within.minute });
    case 'MM':
    case 'MON':
    case 'MONTH':
      return SqlDate.fromFields({ ...f, day: 1 });
    case 'YYYY':
    case 'YEAR':
    case 'YY':
      return SqlDate.fromFields({ ...f, month: 1, day: 1 });
    default:
      throw new OraError(1898, 'too many precision specifiers');
  }
}

/** ROUND and TRUNC take a number or a date, told apart by the first argument. */
function numberOrDate(
  onNumber: (value: Decimal, places: number) => Decimal,
  onDate: (value: SqlDate, unit: string) => SqlDate,
): ScalarFunction {
  const dates = strict('DATE', ['DATE', 'VARCHAR2'], 1, (v) =>
    v[0] instanceof SqlDate ? onDate(v[0], text(v, 1, 'DD')) : null,
  );
  const numbers = strict('NUMBER', ['NUMBER', 'NUMBER'], 1, (v) => onNumber(number(v, 0), small(v, 1)));
  return {
    argumentsMin: 1,
    argumentsMax: 2,
    compile: (args, session) => (args[0]?.type === 'DATE' ? dates : numbers).compile(args, session),
  };
}

const toChar: ScalarFunction = {
  argumentsMin: 1,
  argumentsMax: 3,
  compile: (args, session) => {
    const [value, format] = args;
    if (value === undefined) throw oraError(938);
    const model = format === undefined ? null : convertTo('VARCHAR2', format, session);
    return compiled('VARCHAR2', (frame) => {
      const v = value.read(frame);
      const f = model?.read(frame) ?? null;
      if (v === null || (model !== null && f === null)) return null;
      if (typeof f !== 'string') return textOf(v, session);
      if (v instanceof SqlDate) return boundedText(formatDate(v, f));
      const n = v instanceof Decimal ? v : Decimal.of(v);
      return boundedText(formatNumber(n, f));
    });
  },
};

const toDate: ScalarFunction = {
  argumentsMin: 1,
  argumentsMax: 3,
  compile: (args, session) => {
    if (args[0]?.type === 'DATE') return args[0];
    return strict('DATE', ['VARCHAR2', 'VARCHAR2', 'VARCHAR2'], 1, (v) =>
      parseDate(text(v, 0), text(v, 1, session.dateFormat), session.now),
    ).compile(args, session);
  },
};

/** COALESCE, NVL: the first value that is not NULL. */
const firstValue = (argumentsMin: number, argumentsMax: number): ScalarFunction => ({
  argumentsMin,
  argumentsMax,
  compile: (args, session) => {
    const items = convertAll(args, session);
    const result = compiled(items.find((i) => i.type !== null)?.type ?? null, (frame) => {
      for (const item of items) {
        const value = item.read(frame);
        if (value !== null) return value;
      }
      return null;
    });
    const sizes = items.map((item) => item.sizeBytes);
    return { ...result, sizeBytes: Math.max(...sizes), nullable: items.every((item) => item.nullable) };
  },
});

const nvl2: ScalarFunction = {
  argumentsMin: 3,
  argumentsMax: 3,
  compile: (args, session) => {
    const [test] = args;
    const [present, absent] = convertAll(args.slice(1), session);
    if (test === undefined || present === undefined || absent === undefined) throw oraError(938);
    return compiled(present.type ?? absent.type, (frame) =>
      (test.read(frame) === null ? absent : present).read(frame),
    );
  },
};

/** DECODE compares with `=`, except that NULL equals NULL. */
const decode: ScalarFunction = {
  argumentsMin: 3,
  argumentsMax: MANY,
  compile: (args, session) => {
    const [subject] = args;
    if (subject === undefined) throw oraError(938);
    const searches = args.slice(1).filter((_, i, rest) => i % 2 === 0 && i + 1 < rest.length);
    const results = convertAll(
      args.slice(1).filter((_, i, rest) => i % 2 === 1 || i + 1 === rest.length),
      session,
    );
    const { hold, expression } = held(subject);
    const pairs = searches.map((search) => convertPair(expression, search, session));
    const type = results.find((r) => r.type !== null)?.type ?? null;
    return compiled(type, (frame) => {
      hold(frame);
      const hit = pairs.findIndex(([a, b]) => sameOrBothNull(a.read(frame), b.read(frame)));
      return results[hit < 0 ? pairs.length : hit]?.read(frame) ?? null;
    });
  },
};

function sameOrBothNull(a: SqlValue, b: SqlValue): boolean {
  return a === null || b === null ? a === b : compareValues(a, b) === 0;
}

const nullIf: ScalarFunction = {
  argumentsMin: 2,
  argumentsMax: 2,
  compile: (args, session) => {
    const [first, second] = args;
    if (first === undefined || second === undefined) throw oraError(938);
    const { hold, expression } = held(first);
    const [a, b] = convertPair(expression, second, session);
    return compiled(
      first.type,
      (frame) => {
        const value = hold(frame);
        return sameOrBothNull(a.read(frame), b.read(frame)) ? null : value;
      },
      first.sizeBytes,
    );
  },
};

const extreme = (wanted: number): ScalarFunction => ({
  argumentsMin: 1,
  argumentsMax: MANY,
  compile: (args, session) => {
    const items = convertAll(args, session);
    return compiled(items.find((i) => i.type !== null)?.type ?? null, (frame) => {
      let best: SqlValue = null;
      for (const item of items) {
        const value = item.read(frame);
        if (value === null) return null;
        if (best === null || Math.sign(compareValues(value, best)) === wanted) best = value;
      }
      return best;
    });
  },
});

const concat: ScalarFunction = {
  argumentsMin: 2,
  argumentsMax: 2,
  compile: (args, session) =>
    compiled('VARCHAR2', (frame) =>
      boundedText(args.map((arg) => textOf(arg.read(frame), session) ?? '').join('')),
    ),
};

/** The attributes of USERENV that a backup script asks for. */
const sysContext = strict('VARCHAR2', ['VARCHAR2', 'VARCHAR2', 'NUMBER'], 2, (v, session) => {
  const attribute = text(v, 1).toUpperCase();
  if (text(v, 0).toUpperCase() !== 'USERENV') return null;
  if (['SESSION_USER', 'CURRENT_USER', 'CURRENT_SCHEMA'].includes(attribute)) return session.user;
  if (attribute === 'CON_ID') return String(session.containerId ?? 0);
  throw notSimulated(`USERENV attribute ${attribute}`);
});

const FUNCTIONS: ReadonlyMap<string, ScalarFunction> = new Map<string, ScalarFunction>([
  ['UPPER', strict('VARCHAR2', ['VARCHAR2'], 1, (v) => text(v, 0).toUpperCase())],
  ['LOWER', strict('VARCHAR2', ['VARCHAR2'], 1, (v) => text(v, 0).toLowerCase())],
  [
    'INITCAP',
    strict('VARCHAR2', ['VARCHAR2'], 1, (v) =>
      text(v, 0)
        .toLowerCase()
        .replace(/(?<![\p{L}\p{N}])\p{L}/gu, (c) => c.toUpperCase()),
    ),
  ],
  ['LENGTH', strict('NUMBER', ['VARCHAR2'], 1, (v) => Decimal.of([...text(v, 0)].length))],
  [
    'SUBSTR',
    strict('VARCHAR2', ['VARCHAR2', 'NUMBER', 'NUMBER'], 2, (v) =>
      substring(text(v, 0), small(v, 1), small(v, 2, TEXT_SIZE_MAX_BYTES)),
    ),
  ],
  [
    'INSTR',
    strict('NUMBER', ['VARCHAR2', 'VARCHAR2', 'NUMBER', 'NUMBER'], 2, (v) =>
      position(text(v, 0), text(v, 1), small(v, 2, 1), Math.min(small(v, 3, 1), TEXT_SIZE_MAX_BYTES)),
    ),
  ],
  [
    'REPLACE',
    strict('VARCHAR2', ['VARCHAR2', 'VARCHAR2', 'VARCHAR2'], 2, (v) =>
      text(v, 0).replaceAll(text(v, 1), () => text(v, 2)),
    ),
  ],
  ['TRIM', strict('VARCHAR2', ['VARCHAR2'], 1, (v) => trimmed(text(v, 0), ' ', true, true))],
  [
    'LTRIM',
    strict('VARCHAR2', ['VARCHAR2', 'VARCHAR2'], 1, (v) => trimmed(text(v, 0), text(v, 1, ' '), true, false)),
  ],
  [
    'RTRIM',
    strict('VARCHAR2', ['VARCHAR2', 'VARCHAR2'], 1, (v) => trimmed(text(v, 0), text(v, 1, ' '), false, true)),
  ],
  [
    'LPAD',
    strict('VARCHAR2', ['VARCHAR2', 'NUMBER', 'VARCHAR2'], 2, (v) =>
      pad(text(v, 0), small(v, 1), text(v, 2, ' '), true),
    ),
  ],
  [
    'RPAD',
    strict('VARCHAR2', ['VARCHAR2', 'NUMBER', 'VARCHAR2'], 2, (v) =>
      pad(text(v, 0), small(v, 1), text(v, 2, ' '), false),
    ),
  ],
  ['CONCAT', concat],
  [
    'ABS',
    strict('NUMBER', ['NUMBER'], 1, (v) => (number(v, 0).sign < 0 ? number(v, 0).negated() : number(v, 0))),
  ],
  ['SIGN', strict('NUMBER', ['NUMBER'], 1, (v) => Decimal.of(number(v, 0).sign))],
  ['MOD', strict('NUMBER', ['NUMBER', 'NUMBER'], 2, (v) => number(v, 0).modulo(number(v, 1)))],
  ['FLOOR', strict('NUMBER', ['NUMBER'], 1, (v) => floor(number(v, 0)))],
  ['CEIL', strict('NUMBER', ['NUMBER'], 1, (v) => floor(number(v, 0).negated()).negated())],
  [
    'ROUND',
    numberOrDate(
      (value, places) => value.rounded(places),
      (value, unit) => truncateDate(unit.toUpperCase() === 'DD' ? value.plusDays(0.5) : value, unit),
    ),
  ],
  ['TRUNC', numberOrDate((value, places) => value.truncated(places), truncateDate)],
  ['TO_CHAR', toChar],
  ['TO_DATE', toDate],
  ['TO_TIMESTAMP', toDate],
  ['TO_NUMBER', strict('NUMBER', ['NUMBER', 'VARCHAR2'], 1, (v) => number(v, 0))],
  ['HEXTORAW', strict('RAW', ['VARCHAR2'], 1, (v) => hexToRaw(text(v, 0)))],
  ['RAWTOHEX', strict('VARCHAR2', ['RAW'], 1, (v) => text(v, 0))],
  [
    'ADD_MONTHS',
    strict('DATE', ['DATE', 'NUMBER'], 2, (v) =>
      v[0] instanceof SqlDate ? datePlusMonths(v[0], small(v, 1)) : null,
    ),
  ],
  ['NVL', firstValue(2, 2)],
  ['COALESCE', firstValue(2, MANY)],
  ['NVL2', nvl2],
  ['DECODE', decode],
  ['NULLIF', nullIf],
  ['GREATEST', extreme(1)],
  ['LEAST', extreme(-1)],
  ['SYS_CONTEXT', sysContext],
  [
    'USER',
    {
      argumentsMin: 0,
      argumentsMax: 0,
      compile: (_, session) => compiled('VARCHAR2', () => session.user, 128),
    },
  ],
  ...['SYSDATE', 'SYSTIMESTAMP', 'CURRENT_DATE', 'CURRENT_TIMESTAMP'].map(
    (name): [string, ScalarFunction] => [
      name,
      { argumentsMin: 0, argumentsMax: 0, compile: (_, session) => compiled('DATE', () => session.now) },
    ],
  ),
]);

function floor(value: Decimal): Decimal {
  const cut = value.truncated(0);
  return cut.compare(value) > 0 ? cut.minus(Decimal.ONE) : cut;
}

function hexToRaw(value: string): string {
  if (!/^[0-9a-f]*$/i.test(value)) throw new OraError(1465, 'invalid hex number');
  return (value.length % 2 === 1 ? `0${value}` : value).toUpperCase();
}
