// FROM and WHERE: tables joined from left to right, each condition applied at the first place where all of its tables are there.
// Equalities between the tables so far and the next one become a hash lookup; everything else is tested pair by pair.
import { type Join } from './ast';
import { type CompiledCondition, type Compiled } from './compiled';
import { type Frame } from './frame';
import { type RunBudget } from './run-budget';
import { type Row } from './table';
import { type SqlValue, valueKey } from './value';

/** One part of an AND: what it tests, and which tables of the block it needs. */
export interface Conjunct {
  test: CompiledCondition;
  references: readonly number[];
  /** Reads ROWNUM, which is only known once every other condition is met. */
  usesRowNumber: boolean;
  /** Set for `a = b` with both sides of one type. */
  equality: { left: Side; right: Side } | null;
}

interface Side {
  expression: Compiled;
  references: readonly number[];
}

export interface JoinStep {
  kind: Join['kind'];
  columnCount: number;
  load: (parent: Frame | null) => readonly Row[];
  on: readonly Conjunct[];
}

export type Tuple = readonly Row[];

/** The joined and filtered rows, one row per table in each. */
export function joinRows(
  steps: readonly JoinStep[],
  where: readonly Conjunct[],
  parent: Frame | null,
  budget: RunBudget,
): Tuple[] {
  const outer = steps.some((step) => step.kind === 'left' || step.kind === 'right' || step.kind === 'full');
  // With an outer join WHERE must see the rows that the join filled up with NULLs, so it waits for the end.
  const early = outer ? [] : where.filter((c) => !c.usesRowNumber);
  const late = outer ? where : where.filter((c) => c.usesRowNumber);
  let tuples: Tuple[] = [[]];
  for (const [index, step] of steps.entries()) {
    const due = early.filter((c) => lastTable(c) === index);
    tuples = joinStep({ step, index, conjuncts: [...step.on, ...due], parent, budget }, tuples, steps);
    budget.hold(tuples.length);
  }
  return filterRows(tuples, late, parent, budget);
}

/** A condition without tables of its own is due at the first one. */
function lastTable(conjunct: Conjunct): number {
  return Math.max(0, ...conjunct.references);
}

function filterRows(
  tuples: Tuple[],
  conditions: readonly Conjunct[],
  parent: Frame | null,
  budget: RunBudget,
): Tuple[] {
  if (conditions.length === 0) return tuples;
  const kept: Tuple[] = [];
  for (const rows of tuples) {
    budget.step();
    const frame = frameOf(rows, parent, kept.length + 1);
    if (conditions.every((c) => c.test(frame) === true)) kept.push(rows);
  }
  return kept;
}

export function frameOf(rows: Tuple, parent: Frame | null, rowNumber: number): Frame {
  return { rows, rowNumber, keys: [], aggregates: [], parent };
}

interface StepContext {
  step: JoinStep;
  index: number;
  conjuncts: readonly Conjunct[];
  parent: Frame | null;
  budget: RunBudget;
}

function joinStep(context: StepContext, tuples: readonly Tuple[], steps: readonly JoinStep[]): Tuple[] {
  const { step, index, parent, budget } = context;
  const right = step.load(parent);
  const { candidates, tests } = planStep(context, right);
  const keepsLeft = step.kind === 'left' || step.kind === 'full';
  const keepsRight = step.kind === 'right' || step.kind === 'full';
  const matchedRight = new Set<Row>();
  const joined: Tuple[] = [];
  for (const tuple of tuples) {
    let matched = false;
    for (const row of candidates(tuple)) {
      budget.step();
      const rows = [...tuple, row];
      const frame = frameOf(rows, parent, 0);
      if (!tests.every((test) => test(frame) === true)) continue;
      matched = true;
      if (keepsRight) matchedRight.add(row);
      joined.push(rows);
    }
    if (!matched && keepsLeft) joined.push([...tuple, nullRow(step)]);
    budget.hold(joined.length);
  }
  if (keepsRight) {
    const nulls = steps.slice(0, index).map(nullRow);
    for (const row of right) if (!matchedRight.has(row)) joined.push([...nulls, row]);
  }
  return joined;
}

function nullRow(step: JoinStep): Row {
  return new Array<SqlValue>(step.columnCount).fill(null);
}

/** Splits the conditions of a step into hash keys and tests, and says which rows are worth testing for a tuple. */
function planStep(
  context: StepContext,
  right: readonly Row[],
): { candidates: (tuple: Tuple) => readonly Row[]; tests: CompiledCondition[] } {
  const { conjuncts, index, parent, budget } = context;
  const keys: { before: Compiled; here: Compiled }[] = [];
  const tests: CompiledCondition[] = [];
  for (const conjunct of conjuncts) {
    const key = hashKey(conjunct, index);
    if (key === null) tests.push(conjunct.test);
    else keys.push(key);
  }
  if (keys.length === 0) return { candidates: () => right, tests };
  const buckets = new Map<string, Row[]>();
  for (const row of right) {
    budget.step();
    const rows: Row[] = new Array<Row>(index).fill([]);
    const frame = frameOf([...rows, row], parent, 0);
    const key = joinKey(keys.map(({ here }) => here.read(frame)));
    if (key === null) continue;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [row]);
    else bucket.push(row);
  }
  const candidates = (tuple: Tuple): readonly Row[] => {
    const frame = frameOf(tuple, parent, 0);
    const key = joinKey(keys.map(({ before }) => before.read(frame)));
    return (key === null ? undefined : buckets.get(key)) ?? [];
  };
  return { candidates, tests };
}

function hashKey(conjunct: Conjunct, index: number): { before: Compiled; here: Compiled } | null {
  if (conjunct.equality === null) return null;
  const { left, right } = conjunct.equality;
  const isHere = (side: Side): boolean => side.references.length === 1 && side.references[0] === index;
  const isBefore = (side: Side): boolean =>
    side.references.length > 0 && side.references.every((r) => r < index);
  if (isBefore(left) && isHere(right)) return { before: left.expression, here: right.expression };
  if (isHere(left) && isBefore(right)) return { before: right.expression, here: left.expression };
  return null;
}

/** NULL equals nothing, so a key with one finds no partner. */
function joinKey(values: readonly SqlValue[]): string | null {
  return values.includes(null) ? null : values.map(valueKey).join('|');
}
