// A document body of a JSON head and binary columns:
//   headLength u32, head (JSON), then the columns back to back; the head says how many rows there are.
const LENGTH_BYTES = 4;

export function encodeColumns(head: object, columns: readonly Uint8Array[]): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(json.length, 0);
  return Buffer.concat([length, json, ...columns]);
}

export interface DecodedColumns<H> {
  readonly head: H;
  /** The columns' bytes, in order. */
  readonly rest: Buffer;
}

export function decodeColumns<H>(body: Buffer): DecodedColumns<H> {
  const length = body.readUInt32LE(0);
  const head = JSON.parse(body.subarray(LENGTH_BYTES, LENGTH_BYTES + length).toString('utf8')) as H;
  return { head, rest: body.subarray(LENGTH_BYTES + length) };
}

/** A copy of `count` little-endian 32-bit numbers at `at`. */
export function uint32Column(bytes: Buffer, at: number, count: number): Uint32Array {
  const column = new Uint32Array(count);
  Buffer.from(column.buffer).set(bytes.subarray(at, at + count * 4));
  return column;
}

export function bytesOf(column: Uint32Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}
