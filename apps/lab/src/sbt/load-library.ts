/**
 * Loads a media-management library as an Oracle server process does: dlopen, `sbtinit`, then everything through the table
 * of functions it answers. Calls block the thread, as they block an Oracle channel; a channel is a process of its own.
 */
import * as koffi from 'koffi';
import {
  CONTEXT_BYTES_MAX,
  ENTRY_POINTS,
  INIT_TAG,
  PAIR_BYTES,
  PAIRS_MAX,
  type SbtFunction,
  SLOT,
} from './sbt-abi';

/** A native address. */
export type Pointer = bigint;

export interface SbtLibrary {
  /** Vendor text of at most 63 bytes. */
  description: string;
  apiVersion: { major: number; minor: number };
  version: [number, number, number, number];
  contextBytes: number;
  /** Tags sbtinit answered, in its order. */
  tags: number[];
  /** One function of the table; answers what the native function returned. */
  call(name: SbtFunction, ...args: unknown[]): number;
  /** Calls sbtinit once more; it must answer the same. */
  initAgain(): number;
}

export type LibraryLoading =
  | { ok: true; library: SbtLibrary }
  | { ok: false; reason: 'not-loaded' | 'entry-points-missing' | 'bad-context-size'; detail: string }
  | { ok: false; reason: 'init-failed'; code: number; detail: string };

const SIGNATURES: Record<SbtFunction, string[]> = {
  backup: ['void *', 'ulong', 'void *', 'void *', 'size_t', 'size_t', 'uint', 'uint'],
  close2: ['void *', 'ulong'],
  command: ['void *', 'ulong', 'void *'],
  end: ['void *', 'ulong'],
  error: ['void *', 'ulong', 'void *', 'void *', 'void *'],
  info2: ['void *', 'ulong', 'void *', 'void *'],
  init2: ['void *', 'ulong', 'void *', 'void *'],
  read2: ['void *', 'ulong', 'void *'],
  remove2: ['void *', 'ulong', 'void *'],
  restore: ['void *', 'ulong', 'void *', 'size_t'],
  write2: ['void *', 'ulong', 'void *'],
};
const POINTER_BYTES = 8;
const FUNCTIONS_IN_TABLE = 21;
/** Enough for the description and for error texts. */
const TEXT_BYTES_MAX = 4096;

/** Loads the library at `path` (a bare name is searched as dlopen does) and calls sbtinit. */
export function loadLibrary(path: string): LibraryLoading {
  let handle: koffi.LibraryHandle;
  try {
    handle = koffi.load(path);
  } catch (error) {
    return { ok: false, reason: 'not-loaded', detail: textOf(error) };
  }
  const missing = ENTRY_POINTS.filter((name) => !hasSymbol(handle, name));
  if (missing.length > 0) return { ok: false, reason: 'entry-points-missing', detail: missing.join(' ') };
  const sbtinit = handle.func('sbtinit', 'int', ['void *', 'void *', 'void *']) as (
    error: Buffer,
    input: Buffer,
    output: Buffer,
  ) => number;
  const initOnce = () => callInit(sbtinit);
  const init = initOnce();
  if (init.status !== 0) return { ok: false, reason: 'init-failed', code: init.code, detail: '' };
  return describe(init.output, () => initOnce().status);
}

function callInit(sbtinit: (error: Buffer, input: Buffer, output: Buffer) => number) {
  const error = Buffer.alloc(8);
  const input = Buffer.alloc(PAIR_BYTES);
  input.writeBigUInt64LE(BigInt(INIT_TAG.end));
  const output = Buffer.alloc(POINTER_BYTES);
  const status = sbtinit(error, input, output);
  return { status, code: error.readInt32LE(0), output: output.readBigUInt64LE() };
}

function describe(list: Pointer, initAgain: () => number): LibraryLoading {
  const pairs = readPairs(list, INIT_TAG.end);
  const value = (tag: number) => pairs.find((pair) => pair.tag === tag)?.value ?? 0n;
  const table = value(INIT_TAG.functions);
  const contextBytes = value(INIT_TAG.contextBytes) === 0n ? 0 : readUlong(value(INIT_TAG.contextBytes));
  if (table === 0n || contextBytes < 1 || contextBytes > CONTEXT_BYTES_MAX) {
    return { ok: false, reason: 'bad-context-size', detail: String(contextBytes) };
  }
  const functions = readFunctions(table);
  const apiVersion = value(INIT_TAG.apiVersion) === 0n ? 0 : readUint32(value(INIT_TAG.apiVersion));
  const version = value(INIT_TAG.version) === 0n ? 0 : readUint32(value(INIT_TAG.version));
  const library: SbtLibrary = {
    description: value(INIT_TAG.description) === 0n ? '' : readText(value(INIT_TAG.description)),
    apiVersion: { major: (apiVersion >>> 8) & 0xff, minor: apiVersion & 0xff },
    version: [version >>> 24, (version >>> 16) & 0xff, (version >>> 8) & 0xff, version & 0xff],
    contextBytes,
    tags: pairs.map((pair) => pair.tag),
    call: (name, ...args) => functions[name](...args),
    initAgain,
  };
  return { ok: true, library };
}

function readFunctions(table: Pointer): Record<SbtFunction, (...args: unknown[]) => number> {
  const bytes = readBytes(table, FUNCTIONS_IN_TABLE * POINTER_BYTES);
  const entries = Object.entries(SLOT).map(([name, slot]) => {
    const pointer = bytes.readBigUInt64LE(slot * POINTER_BYTES);
    const prototype = koffi.proto('int', SIGNATURES[name as SbtFunction]);
    return [name, koffi.decode(pointer, prototype) as (...args: unknown[]) => number];
  });
  return Object.fromEntries(entries) as Record<SbtFunction, (...args: unknown[]) => number>;
}

/** Reads a list of pairs up to its end tag, which is left out. Throws RangeError when there is none. */
export function readPairs(list: Pointer, endTag: number): { tag: number; value: Pointer }[] {
  const pairs: { tag: number; value: Pointer }[] = [];
  if (list === 0n) return pairs;
  for (let i = 0; i < PAIRS_MAX; i++) {
    const bytes = readBytes(list + BigInt(i * PAIR_BYTES), PAIR_BYTES);
    const tag = bytes.readUInt32LE(0);
    if (tag === endTag) return pairs;
    pairs.push({ tag, value: bytes.readBigUInt64LE(8) });
  }
  throw new RangeError(`a list of more than ${PAIRS_MAX} pairs`);
}

/** The text at an address, NUL-terminated. */
export function readText(pointer: Pointer): string {
  return koffi.decode.string(pointer).slice(0, TEXT_BYTES_MAX);
}

/** The number at an address. */
export function readUlong(pointer: Pointer): number {
  return Number(readBytes(pointer, 8).readBigUInt64LE());
}

/** The low half: some libraries store 32 bits where 64 are meant. */
export function readUint32(pointer: Pointer): number {
  return readBytes(pointer, 4).readUInt32LE();
}

/** Address of a buffer; the caller keeps the buffer alive. */
export function addressOf(buffer: Buffer): Pointer {
  return koffi.address(buffer);
}

function readBytes(pointer: Pointer, length: number): Buffer {
  return Buffer.from(koffi.decode(pointer, koffi.array('uint8', length, 'Typed')) as Uint8Array);
}

function hasSymbol(handle: koffi.LibraryHandle, name: string): boolean {
  try {
    handle.func(name, 'int', []);
    return true;
  } catch {
    return false;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
