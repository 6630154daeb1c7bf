/** The formats against published vectors, and against damage. */
import {
  checkBlock,
  formatEmptyBlock,
  isNeverUsed,
  readBlockHeader,
  rdbaOf,
  sealBlock,
  xorOfWords,
} from './block';
import { makeDataFileHeader, readDataFileHeader } from './data-file-header';
import { packRecord, readRedoLogHeader, makeRedoFileHeader, makeRedoLogHeader } from './redo-log';
import { applyVector, decodeRedoRecord, encodeRedoRecord } from './redo-record';
import { parseScn } from './scn';
import { dateOfStamp, decodeSetName, encodeSetName, stampOf } from './stamp';

/** Block 10 of file 4 of an 11.2 database, as published; all other bytes are zero. */
function publishedBlock(): Buffer {
  const block = Buffer.alloc(8192);
  Buffer.from(
    '1ea200000a000001203f000000000104a6010000040000008040360000000000000000000' + '0f80000',
    'hex',
  ).copy(block);
  block.writeUInt32LE(0x3f201e01, 8188);
  return block;
}

describe('a data block', () => {
  it('is read as published: type, address, SCN, tail and checksum', () => {
    const block = publishedBlock();
    expect(xorOfWords(block)).toBe(0);
    expect(checkBlock(block, { rdba: rdbaOf(4, 10) })).toEqual({ ok: true });
    expect(readBlockHeader(block)).toMatchObject({
      type: 0x1e,
      scn: 0x3f20n,
      seq: 1,
      flags: 4,
      checksum: 0x01a6,
    });
  });

  it('gets the published tail and checksum when sealed again', () => {
    const block = publishedBlock();
    const sealed = Buffer.from(block);
    sealed.writeUInt32LE(0, 8188);
    sealed.writeUInt16LE(0xffff, 16);
    sealBlock(sealed, { scn: 0x3f20n, seq: 1 });
    expect(sealed.equals(block)).toBe(true);
  });

  it('is torn when its tail is of another version, and broken when a byte changed', () => {
    const torn = publishedBlock();
    torn.writeUInt16LE(0x4000, 8190);
    expect(checkBlock(torn)).toEqual({ ok: false, fault: 'torn' });
    const changed = publishedBlock();
    changed.writeUInt8(1, 5000);
    expect(checkBlock(changed)).toEqual({ ok: false, fault: 'checksum' });
    expect(checkBlock(publishedBlock(), { rdba: rdbaOf(4, 11) })).toEqual({ ok: false, fault: 'address' });
  });

  it('formatted empty counts as never used', () => {
    const block = Buffer.alloc(16384, 7);
    formatEmptyBlock(block, rdbaOf(10, 77));
    expect(checkBlock(block, { rdba: rdbaOf(10, 77) })).toEqual({ ok: true });
    expect(isNeverUsed(block)).toBe(true);
  });
});

describe('stamps and set names', () => {
  it('follow the known dates', () => {
    expect(stampOf(new Date('2022-04-13T03:21:39Z'))).toBe(1101871299);
    expect(stampOf(new Date('2025-03-31T16:35:09Z'))).toBe(1197218109);
    expect(dateOfStamp(1197218109).toISOString()).toBe('2025-03-31T16:35:09.000Z');
  });

  it.each([
    [77, 1197218109, '2d3lo69t'],
    [178, 1197302869, '5i3lqp2l'],
    [1, 1037329943, '01ut8pgn'],
  ])('set %d at %d is %s', (setCount, setStamp, name) => {
    expect(encodeSetName(setCount, setStamp)).toBe(name);
    expect(decodeSetName(name)).toEqual({ setCountMod1024: setCount, setStampMod2Pow30: setStamp % 2 ** 30 });
  });

  it('set counts wrap at 1024', () => {
    expect(encodeSetName(10679, 0).slice(0, 2)).toBe('dn');
    expect(encodeSetName(23375, 0).slice(0, 2)).toBe('qf');
  });
});

describe('file and log headers', () => {
  const header = {
    dbid: 1565056049,
    dbName: 'ORCL',
    file: 8,
    rfile: 8,
    ts: 5,
    tablespaceName: 'SALES',
    blocks: 15000,
    blockBytes: 8192,
    creationScn: 1921777n,
    creationStamp: 1197218109,
    resetlogsScn: 1920977n,
    resetlogsStamp: 1197218109,
    checkpointScn: (1n << 50n) + 5n,
    checkpointStamp: 1197302869,
    thread: 1,
    absoluteFuzzyScn: 0n,
  };

  it('come back as written, at the known offsets', () => {
    const block = makeDataFileHeader(header);
    expect(readDataFileHeader(block)).toEqual({ ok: true, header });
    expect(block.readUInt32LE(28)).toBe(header.dbid);
    expect(block.readUInt32LE(44)).toBe(15000);
    expect(block.readUInt32LE(484)).toBe(5);
    expect(block.readUInt32LE(492)).toBe(1197302869);
    block.writeUInt8(9, 200);
    expect(readDataFileHeader(block)).toEqual({ ok: false, fault: 'checksum' });
  });

  it('say of a log in use that it has no end yet', () => {
    const log = {
      dbid: 1,
      dbName: 'ORCL',
      thread: 1,
      sequence: 14,
      resetlogsScn: 10n,
      resetlogsId: 20,
      firstScn: 30n,
      firstStamp: 40,
      nextScn: undefined,
      nextStamp: 0,
      usedBlocks: 0,
      fileBlocks: 2047,
    };
    const bytes = Buffer.concat([makeRedoFileHeader(2047), makeRedoLogHeader(log)]);
    expect(readRedoLogHeader(bytes)).toEqual({ ok: true, header: log });
    expect(bytes.toString('latin1', 512 + 92, 512 + 125)).toBe('Thread 0001, Seq# 0000000014, SCN');
    bytes.writeUInt8(1, 600);
    expect(readRedoLogHeader(bytes)).toEqual({ ok: false });
  });
});

describe('a redo record', () => {
  const patch = { offset: 100, bytes: Buffer.from('new') };
  const record = {
    scn: 50n,
    atMs: 1_800_000_000_123,
    vectors: [
      { file: 8, block: 9, seq: 1, previousScn: 40n, change: { kind: 'patch' as const, patches: [patch] } },
      {
        file: 8,
        block: 10,
        seq: 1,
        previousScn: 0n,
        change: { kind: 'image' as const, bytes: publishedBlock() },
      },
    ],
  };

  it('comes back as written, and not at all when a byte changed', () => {
    const bytes = encodeRedoRecord(record);
    expect(decodeRedoRecord(bytes)).toEqual(record);
    expect(packRecord(bytes, 2, 14).length % 512).toBe(0);
    bytes.writeUInt8(0xff, 60);
    expect(decodeRedoRecord(bytes)).toBeUndefined();
  });

  it('changes a block once, and only the version it was made on', () => {
    const block = publishedBlock();
    sealBlock(block, { scn: 40n, seq: 1 });
    const [vector] = record.vectors;
    if (vector === undefined) throw new Error('no vector');
    const stale = Buffer.from(block);
    sealBlock(stale, { scn: 39n, seq: 1 });
    expect(applyVector(stale, vector, 50n)).toBe('lost-write');
    expect(applyVector(block, vector, 50n)).toBe('applied');
    expect(checkBlock(block)).toEqual({ ok: true });
    expect(block.toString('latin1', 100, 103)).toBe('new');
    expect(applyVector(block, vector, 50n)).toBe('already-there');
  });
});

describe('an SCN', () => {
  it('is decimal text of at most 63 bits', () => {
    expect(parseScn('9223372036854775807')).toBe(9223372036854775807n);
    expect(() => parseScn('9223372036854775808')).toThrow(RangeError);
    expect(() => parseScn('-1')).toThrow(RangeError);
  });
});
