/**
 * `sbttest <backup_file_name> -libname <path>`: Oracle's check of a media-management library as an operator knows it, with
 * the same calls in the same order and the same lines. Exit code 0 when all calls succeeded.
 */
import { randomInt } from 'node:crypto';
import { loadLibrary, type SbtLibrary } from './load-library';
import { MediaChannel, type PieceInfo } from './media-channel';
import { SbtCallError } from './sbt-call-error';
import { INFO_TAG } from './sbt-abi';

const BLOCK_BYTES = 16384;
const BLOCKS = 100;
const SEED_MAX = 2 ** 31 - 1;
const DOTS = '................................';

interface Test {
  channel: MediaChannel;
  name: string;
  seed: number;
}

function print(line: string): void {
  process.stdout.write(line + '\n');
}

function step(name: string, work: () => void): void {
  work();
  print(`-- ${name} succeeded`);
}

/** Block `number` of the pattern, from the seed alone. The first block says what the rest is. */
function pattern({ seed }: Test, number: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  let state = (seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0;
  for (let at = 0; at < BLOCK_BYTES; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    block.writeUInt32LE(state, at);
  }
  if (number === 0) [seed, BLOCK_BYTES, BLOCKS].forEach((value, i) => block.writeUInt32LE(value, i * 4));
  return block;
}

function describeLibrary(library: SbtLibrary): void {
  const { major, minor } = library.apiVersion;
  print(`sbtinit: Media manager supports SBT API version ${major}.${minor}`);
  print(`sbtinit: vendor description string=${library.description}`);
  print(`sbtinit: allocated sbt context area of ${library.contextBytes} bytes`);
  print(`sbtinit: Media manager is version ${library.version.join('.')}`);
}

function describeInfo(info: PieceInfo): void {
  const values = new Map<number, string>([
    [INFO_TAG.name, `NAME=${info.name}`],
    [INFO_TAG.share, `SHARE=${info.share === 2 ? 'multiple users' : 'single user'}`],
    [INFO_TAG.order, `ORDER=${info.order === 2 ? 'random access' : 'sequential access'}`],
    [INFO_TAG.method, `METHOD=${info.method === 2 ? 'proxy' : 'stream'}`],
    [INFO_TAG.label, `LABEL=${info.label ?? ''}`],
    [INFO_TAG.createdAt, `CRETIME=${creationTime(info)}`],
    [INFO_TAG.comment, `COMMENT=${info.comment ?? ''}`],
  ]);
  for (const tag of info.tags) {
    const value = values.get(tag);
    if (value !== undefined) print(`sbtinfo2: SBTBFINFO_${value}`);
  }
}

/** As ctime(3) writes it. */
function creationTime({ createdAtSeconds }: PieceInfo): string {
  const text = new Date((createdAtSeconds ?? 0) * 1000).toUTCString();
  const [weekday, day, month, year, time] = text.replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}

function writePiece(test: Test): void {
  const { channel, name } = test;
  step('sbtbackup', () => {
    channel.backup(name, { dbName: 'sbttest', dbid: 1, blockBytes: BLOCK_BYTES, copy: 1 });
  });
  print(`write ${BLOCKS} blocks`);
  step('sbtwrite2', () => {
    for (let i = 0; i < BLOCKS; i++) channel.write(pattern(test, i));
  });
  step('sbtclose2', () => {
    channel.close();
  });
  step('sbtinfo2', () => {
    const [info] = channel.info([name]);
    if (info?.found !== true) throw new Error(`sbtinfo2 does not find ${name} after the backup`);
    describeInfo(info);
  });
}

function readPiece(test: Test): void {
  const { channel, name } = test;
  step('sbtrestore', () => {
    channel.restore(name, BLOCK_BYTES);
  });
  let blocks = 0;
  step('sbtread2', () => {
    const block = Buffer.alloc(BLOCK_BYTES);
    while (channel.read(block)) {
      if (!block.equals(pattern(test, blocks)))
        throw new Error(`block ${blocks} differs from what was written`);
      if (blocks === 0) {
        print('file was created by this program:');
        print(`     seed=${test.seed}, blk_size=${BLOCK_BYTES}, blk_count=${BLOCKS}`);
      }
      blocks++;
    }
    print(`read ${blocks} buffers`);
    if (blocks !== BLOCKS) throw new Error(`${blocks} of ${BLOCKS} blocks came back`);
  });
  step('sbtclose2', () => {
    channel.close();
  });
}

function runTest(name: string, library: SbtLibrary): void {
  print('-- sbtinit succeeded');
  step('sbtinit (2nd time)', () => {
    if (library.initAgain() !== 0) throw new Error('sbtinit failed the second time');
  });
  describeLibrary(library);
  const test = { channel: new MediaChannel(library), name, seed: randomInt(SEED_MAX) };
  step('sbtinit2', () => {
    test.channel.init();
  });
  print(`-- regular_backup_restore starts ${DOTS}`);
  writePiece(test);
  readPiece(test);
  step('sbtremove2', () => {
    test.channel.remove([name]);
  });
  print(`-- regular_backup_restore ends   ${DOTS}`);
  step('sbtcommand', () => {
    test.channel.command('sbttest');
  });
  print('proxy copy is not supported');
  step('sbtend', () => {
    test.channel.end();
  });
}

function describeFailure(error: unknown): string[] {
  if (error instanceof SbtCallError) {
    return [`-- sbt${error.call} failed: code ${error.code}`, `   ${error.text}`];
  }
  return [`-- ${error instanceof Error ? error.message : String(error)}`];
}

/** Answers the exit code. */
function main(argv: string[]): number {
  const [name, flag, given] = argv;
  if (name === undefined || (flag !== undefined && (flag !== '-libname' || given === undefined))) {
    process.stderr.write('usage: sbttest <backup_file_name> [-libname <library>]\n');
    return 2;
  }
  const path = given ?? 'libobk.so';
  const loading = loadLibrary(path);
  if (!loading.ok) {
    print(`the library ${path} could not be used: ${loading.reason} ${loading.detail}`);
    print('*** The SBT API test FAILED ***');
    return 1;
  }
  print(`The sbt function pointers are loaded from ${path} library.`);
  try {
    runTest(name, loading.library);
    print('*** The SBT API test was successful ***');
    return 0;
  } catch (error) {
    for (const line of describeFailure(error)) print(line);
    print('*** The SBT API test FAILED ***');
    return 1;
  }
}

process.exitCode = main(process.argv.slice(2));
