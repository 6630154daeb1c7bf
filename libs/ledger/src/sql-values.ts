// Small pieces of SQL that every file needs: Postgres time, durations, JSON.
import { sql, type RawBuilder } from 'kysely';

/** Postgres time of this statement, as the ledger understands it. */
export const now = sql<Date>`adyton.now()`;

/** `seconds` may be a fraction: workflow tests run durations at a tenth. */
export function nowPlus(seconds: number): RawBuilder<Date> {
  return sql<Date>`adyton.now() + make_interval(secs => ${seconds})`;
}
export function nowMinus(seconds: number): RawBuilder<Date> {
  return sql<Date>`adyton.now() - make_interval(secs => ${seconds})`;
}

export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

export function toInstant(date: Date): string {
  return date.toISOString();
}
export function toInstantOrNull(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
