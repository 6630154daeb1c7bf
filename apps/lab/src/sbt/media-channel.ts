/**
 * One channel's conversation with a media-management library: a context of the size it asked for, zero-filled and kept for
 * the channel's life, and every call followed by sbterror when it fails. Sizes and lists follow the interface exactly.
 */
import { type SbtLibrary, addressOf, readPairs, readText, readUint32, readUlong } from './load-library';
import {
  API_VERSION,
  CLOSE_ABORT,
  ERROR_TEXT_BYTES_MAX,
  INFO_TAG,
  INIT2_TAG,
  NAME_BYTES_MAX,
  OBJECT_TAG,
  PAIR_BYTES,
  SBT_ERROR,
  type SbtFunction,
} from './sbt-abi';
import { SbtCallError } from './sbt-call-error';

/** What sbtinfo2 says about one name. */
export interface PieceInfo {
  name: string;
  found: boolean;
  label: string | null;
  comment: string | null;
  /** Seconds since 1970. */
  createdAtSeconds: number | null;
  share: number | null;
  order: number | null;
  method: number | null;
  /** In the order the library gave them; for sbttest. */
  tags: number[];
}

const POINTER_BYTES = 8;
const METHOD_STREAM = 0n;

/** The calls by their meaning. All block; all throw SbtCallError when the library answers -1. */
export class MediaChannel {
  private readonly context: Buffer;
  /** Native memory the library may still look at. */
  private readonly kept: Buffer[] = [];
  /** The piece under way, or the last. */
  private name = '';

  /** `fault` may answer the text of a simulated failure instead of the call. */
  constructor(
    private readonly library: SbtLibrary,
    private readonly fault: (call: SbtFunction, name: string) => string | undefined = () => undefined,
  ) {
    this.context = Buffer.alloc(library.contextBytes);
  }

  init(): void {
    const version = ulong(API_VERSION);
    const input = pairList([{ tag: INIT2_TAG.clientApiVersion, value: addressOf(version) }], INIT2_TAG.end);
    const output = Buffer.alloc(POINTER_BYTES);
    this.keep([version, input, output]);
    this.check('init2', METHOD_STREAM, input, output);
  }

  /** Opens a piece for writing. */
  backup(name: string, options: { dbName: string; dbid: number; blockBytes: number; copy: number }): void {
    this.name = name;
    const bytes = nameBytes(name);
    const dbName = Buffer.from(`${options.dbName.slice(0, 8)}\0`);
    const dbid = ulong(options.dbid);
    const object = pairList(
      [
        { tag: OBJECT_TAG.dbName, value: addressOf(dbName) },
        { tag: OBJECT_TAG.dbid, value: addressOf(dbid) },
      ],
      OBJECT_TAG.end,
    );
    this.keep([bytes, dbName, dbid, object]);
    this.check('backup', 0n, bytes, object, options.blockBytes, 0, options.copy, 0);
  }

  /** `block` has exactly the size given at backup(). */
  write(block: Buffer): void {
    this.check('write2', 0n, block);
  }

  close(options: { abort?: boolean } = {}): void {
    if (options.abort !== true) this.strike('close2');
    const flags = options.abort === true ? CLOSE_ABORT : 0n;
    if (this.library.call('close2', this.context, flags) !== 0) throw this.lastError('close2');
  }

  /** Opens a piece for reading from its first byte. */
  restore(name: string, blockBytes: number): void {
    this.name = name;
    const bytes = nameBytes(name);
    this.keep([bytes]);
    this.check('restore', 0n, bytes, blockBytes);
  }

  /** Fills `block`; false at the end of the piece. */
  read(block: Buffer): boolean {
    this.strike('read2');
    if (this.library.call('read2', this.context, 0n, block) === 0) return true;
    const error = this.lastError('read2');
    if (error.code === SBT_ERROR.endOfFile) return false;
    throw error;
  }

  /** Asks about names in one call; the answer has one entry per name, in order. */
  info(names: string[]): PieceInfo[] {
    this.name = names.join(' ');
    const list = this.nameList(names);
    const output = Buffer.alloc(POINTER_BYTES);
    this.check('info2', 0n, list, output);
    return readInfo(output.readBigUInt64LE(), names);
  }

  remove(names: string[]): void {
    this.name = names.join(' ');
    this.check('remove2', 0n, this.nameList(names));
  }

  command(text: string): void {
    const bytes = nameBytes(text);
    this.keep([bytes]);
    this.check('command', 0n, bytes);
  }

  end(): void {
    this.check('end', 0n);
  }

  private nameList(names: string[]): Buffer {
    const texts = names.map(nameBytes);
    const list = Buffer.alloc((names.length + 1) * POINTER_BYTES);
    texts.forEach((text, i) => list.writeBigUInt64LE(addressOf(text), i * POINTER_BYTES));
    // The library may answer with these very addresses.
    this.keep([...texts, list]);
    return list;
  }

  private keep(buffers: Buffer[]): void {
    this.kept.splice(0, this.kept.length, ...buffers);
  }

  private strike(call: SbtFunction): void {
    const text = this.fault(call, this.name);
    if (text !== undefined) throw new SbtCallError(call, SBT_ERROR.generic, text);
  }

  private check(name: SbtFunction, ...args: unknown[]): void {
    this.strike(name);
    if (this.library.call(name, this.context, ...args) !== 0) throw this.lastError(name);
  }

  private lastError(call: SbtFunction): SbtCallError {
    const code = Buffer.alloc(8);
    const native = Buffer.alloc(POINTER_BYTES);
    const utf8 = Buffer.alloc(POINTER_BYTES);
    if (this.library.call('error', this.context, 0n, code, native, utf8) !== 0) {
      return new SbtCallError(call, SBT_ERROR.generic, '');
    }
    const pointer = utf8.readBigUInt64LE() || native.readBigUInt64LE();
    const text = pointer === 0n ? '' : readText(pointer).slice(0, ERROR_TEXT_BYTES_MAX - 1);
    return new SbtCallError(call, code.readUInt32LE(0), text);
  }
}

function readInfo(list: bigint, names: string[]): PieceInfo[] {
  const infos: PieceInfo[] = [];
  for (const { tag, value } of readPairs(list, INFO_TAG.end)) {
    if (tag === INFO_TAG.name) infos.push(emptyInfo(readText(value)));
    const info = infos.at(-1);
    if (info === undefined) throw malformed(`tag ${tag} in front of a name`);
    info.tags.push(tag);
    noteTag(info, tag, value);
  }
  const answered = infos.length === names.length && infos.every((info, i) => info.name === names[i]);
  if (!answered) throw malformed(`${infos.length} answers for ${names.length} names`);
  return infos;
}

function noteTag(info: PieceInfo, tag: number, value: bigint): void {
  if (tag === INFO_TAG.notFound) {
    info.found = false;
    return;
  }
  if (value === 0n) return;
  if (tag === INFO_TAG.label) info.label = readText(value);
  else if (tag === INFO_TAG.comment) info.comment = readText(value);
  else if (tag === INFO_TAG.createdAt) info.createdAtSeconds = readUlong(value);
  else if (tag === INFO_TAG.share) info.share = readUint32(value);
  else if (tag === INFO_TAG.order) info.order = readUint32(value);
  else if (tag === INFO_TAG.method) info.method = readUint32(value);
}

/** A piece that is there, and of which nothing else is known. */
export function emptyInfo(name: string): PieceInfo {
  return {
    name,
    found: true,
    label: null,
    comment: null,
    createdAtSeconds: null,
    share: null,
    order: null,
    method: null,
    tags: [],
  };
}

function malformed(detail: string): SbtCallError {
  return new SbtCallError('info2', SBT_ERROR.generic, `malformed answer: ${detail}`);
}

function nameBytes(name: string): Buffer {
  const bytes = Buffer.from(`${name}\0`);
  if (bytes.length > NAME_BYTES_MAX) throw new RangeError(`longer than ${NAME_BYTES_MAX - 1} bytes: ${name}`);
  return bytes;
}

function ulong(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function pairList(pairs: { tag: number; value: bigint }[], endTag: number): Buffer {
  const list = Buffer.alloc((pairs.length + 1) * PAIR_BYTES);
  [...pairs, { tag: endTag, value: 0n }].forEach(({ tag, value }, i) => {
    list.writeBigUInt64LE(BigInt(tag), i * PAIR_BYTES);
    list.writeBigUInt64LE(value, i * PAIR_BYTES + 8);
  });
  return list;
}
