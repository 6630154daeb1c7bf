// A document body of a JSON head and binary columns:
//   headLength u32, head (JSON), then the columns back to back; the head says how many rows there are.
// A column of numbers is stored as the differences of its neighbours (modulo 2^32), all lowest bytes first, then the next ones: numbers
// that count up then leave next to nothing after compression.
const LENGTH_BYTES = 4;
const NUMBER_BYTES = 4;

export function encodeColumns(head: object, columns: readonly Uint8Array[]): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(json.length, 0);
  return Buffer.concat([length, json, ...columns]);
}

export interface DecodedColumns<H> {
  readonly head: H;
  readonly columns: ColumnReader;
}

/** @throws RangeError when the body is shorter than its head says */
export function decodeColumns<H>(body: Buffer): DecodedColumns<H> {
  const length = body.length < LENGTH_BYTES ? Infinity : body.readUInt32LE(0);
  if (length > body.length - LENGTH_BYTES) throw new RangeError('the document is shorter than its head');
  const head = JSON.parse(body.subarray(LENGTH_BYTES, LENGTH_BYTES + length).toString('utf8')) as H;
  return { head, columns: new ColumnReader(body.subarray(LENGTH_BYTES + length)) };
}

/** Takes column after column off the rest of a document. */
class ColumnReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** A copy. @throws RangeError */
  takeBytes(length: number): Buffer {
    return Buffer.from(this.next(length));
  }

  /** Bytes that are numbers as they stand. */
  takeWords(bytes: number): Uint32Array {
    return new Uint32Array(Uint8Array.from(this.next(bytes)).buffer);
  }

  takeNumbers(count: number): Uint32Array {
    return this.takeRows(count, 1);
  }

  /** Rows of `fields` numbers that were stored field by field. */
  takeRows(rows: number, fields: number): Uint32Array {
    const table = new Uint32Array(rows * fields);
    for (let field = 0; field < fields; field += 1)
      unpackStrided(this.next(rows * NUMBER_BYTES), table, field, fields);
    return table;
  }

  /** @throws RangeError when something is left */
  end(): void {
    if (this.at !== this.bytes.length) throw new RangeError('the document is longer than its head says');
  }

  private next(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new RangeError('a column is shorter than the head says');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** Rows of `fields` numbers, field by field. */
export function packRows(table: Uint32Array, fields: number): Buffer[] {
  return Array.from({ length: fields }, (_, field) => packStrided(table, field, fields));
}

function packStrided(numbers: Uint32Array, first: number, stride: number): Buffer {
  const count = numbers.length / stride;
  const planes = Buffer.allocUnsafe(count * NUMBER_BYTES);
  let previous = 0;
  for (let i = 0, at = first; i < count; i += 1, at += stride) {
    const value = numbers[at] ?? 0;
    const difference = (value - previous) >>> 0;
    previous = value;
    planes[i] = difference;
    planes[count + i] = difference >>> 8;
    planes[2 * count + i] = difference >>> 16;
    planes[3 * count + i] = difference >>> 24;
  }
  return planes;
}

function unpackStrided(planes: Buffer, numbers: Uint32Array, first: number, stride: number): void {
  const count = planes.length / NUMBER_BYTES;
  let previous = 0;
  for (let i = 0, at = first; i < count; i += 1, at += stride) {
    const low = (planes[i] ?? 0) | ((planes[count + i] ?? 0) << 8);
    const high = (planes[2 * count + i] ?? 0) | ((planes[3 * count + i] ?? 0) << 8);
    previous = (previous + (low | (high << 16))) >>> 0;
    numbers[at] = previous;
  }
}
