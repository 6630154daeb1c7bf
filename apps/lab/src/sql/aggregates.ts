// SUM, AVG, MIN, MAX and COUNT. NULLs do not count; a group without values sums to NULL.
import { Decimal } from './decimal';
import { type Compiled } from './compiled';
import { compareValues, type SqlValue, valueKey } from './value';

export type AggregateName = 'SUM' | 'AVG' | 'MIN' | 'MAX' | 'COUNT';

export interface AggregateCall {
  name: AggregateName;
  distinct: boolean;
  /** `null` for COUNT(*). */
  argument: Compiled | null;
}

export function isAggregate(name: string): name is AggregateName {
  return name === 'SUM' || name === 'AVG' || name === 'MIN' || name === 'MAX' || name === 'COUNT';
}

/** Collects the values of one aggregate over one group. */
export class Accumulator {
  private count = 0;
  private sum = Decimal.ZERO;
  private extreme: Exclude<SqlValue, null> | null = null;
  private readonly seen = new Set<string>();

  constructor(private readonly call: AggregateCall) {}

  /** `value` is already a NUMBER for SUM and AVG. */
  add(value: SqlValue): void {
    if (this.call.argument !== null && value === null) return;
    if (this.call.distinct) {
      const key = valueKey(value);
      if (this.seen.has(key)) return;
      this.seen.add(key);
    }
    this.count += 1;
    if (value === null) return;
    if (this.call.name === 'MIN' || this.call.name === 'MAX') this.keepExtreme(value);
    else if (value instanceof Decimal && this.call.name !== 'COUNT') this.sum = this.sum.plus(value);
  }

  result(): SqlValue {
    if (this.call.name === 'COUNT') return Decimal.of(BigInt(this.count));
    if (this.call.name === 'MIN' || this.call.name === 'MAX') return this.extreme;
    if (this.count === 0) return null;
    return this.call.name === 'SUM' ? this.sum : this.sum.dividedBy(Decimal.of(BigInt(this.count)));
  }

  private keepExtreme(value: Exclude<SqlValue, null>): void {
    const order = this.extreme === null ? 0 : compareValues(value, this.extreme);
    const better = this.call.name === 'MIN' ? order < 0 : order > 0;
    if (this.extreme === null || better) this.extreme = value;
  }
}
