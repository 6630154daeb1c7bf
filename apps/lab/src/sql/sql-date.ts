// Oracle DATE as the database sees it: wall-clock fields without a time zone. The simulated server runs in UTC, so the fields of
// an ISO time are taken as they stand. Milliseconds survive only in bind values; a DATE column is cut to seconds on the wire.
import { oraError } from './ora-error';

const YEAR_MIN = -4712;
const YEAR_MAX = 9999;
const DAY_MS = 86_400_000;

export interface DateFields {
  year: number;
  /** 1..12 */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 0..999 */
  millisecond: number;
}

export class SqlDate {
  private constructor(readonly epochMs: number) {}

  /** Throws ORA-01841 outside the years Oracle knows. */
  static fromEpochMs(epochMs: number): SqlDate {
    const year = new Date(epochMs).getUTCFullYear();
    if (Number.isNaN(year) || year < YEAR_MIN || year > YEAR_MAX) throw oraError(1841);
    return new SqlDate(epochMs);
  }

  /** From an ISO-8601 time in UTC, such as `2026-11-21T23:59:58.000Z`. */
  static fromIso(iso: string): SqlDate {
    return SqlDate.fromEpochMs(Date.parse(iso));
  }

  /** The fields must form a real date; `setUTCFullYear` keeps years below 100 as they are. */
  static fromFields(f: DateFields): SqlDate {
    const date = new Date(0);
    date.setUTCFullYear(f.year, f.month - 1, f.day);
    date.setUTCHours(f.hour, f.minute, f.second, f.millisecond);
    if (date.getUTCMonth() !== f.month - 1) throw oraError(1839);
    return SqlDate.fromEpochMs(date.getTime());
  }

  fields(): DateFields {
    const date = new Date(this.epochMs);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      millisecond: date.getUTCMilliseconds(),
    };
  }

  /** Moved by a number of days; DATE arithmetic keeps whole seconds. */
  plusDays(days: number): SqlDate {
    return SqlDate.fromEpochMs(Math.round((this.epochMs + days * DAY_MS) / 1000) * 1000);
  }

  /** Midnight of the day. */
  startOfDay(): SqlDate {
    return SqlDate.fromEpochMs(Math.floor(this.epochMs / DAY_MS) * DAY_MS);
  }

  compare(other: SqlDate): number {
    return Math.sign(this.epochMs - other.epochMs);
  }
}
