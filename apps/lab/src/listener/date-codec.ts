// DATE and TIMESTAMP on the wire: 7 bytes, or 11 with nanoseconds. The fields are wall clock; the client applies its own time zone.
import { SqlDate } from '../sql/sql-date';
import { ProtocolError } from './wire';

const NANOSECONDS_PER_MS = 1_000_000;
const TIMESTAMP_BYTES = 11;
const DATE_BYTES = 7;

export function encodeDate(date: SqlDate): Buffer {
  const f = date.fields();
  return Buffer.from([
    Math.floor(f.year / 100) + 100,
    (((f.year % 100) + 100) % 100) + 100,
    f.month,
    f.day,
    f.hour + 1,
    f.minute + 1,
    f.second + 1,
  ]);
}

/** A bind value of type DATE or TIMESTAMP; digits below the millisecond are dropped. */
export function decodeDate(bytes: Buffer): SqlDate {
  const [century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes;
  if (bytes.length < DATE_BYTES || month < 1 || month > 12 || day < 1 || day > 31)
    throw new ProtocolError('malformed date');
  return SqlDate.fromFields({
    ...{
      year: (century - 100) * 100 + year - 100,
      month,
      day,
      hour: hour - 1,
      minute: minute - 1,
      second: second - 1,
    },
    millisecond:
      bytes.length >= TIMESTAMP_BYTES ? Math.floor(bytes.readUInt32BE(DATE_BYTES) / NANOSECONDS_PER_MS) : 0,
  });
}
