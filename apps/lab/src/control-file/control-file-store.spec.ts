/** The control file on disk: atomic writes, checks when read, record keeping. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlFile } from './control-file';
import {
  ControlFileCorruptError,
  ControlFileStore,
  encodeControlFile,
  readControlFile,
  writeControlFile,
} from './control-file-store';
import {
  addArchivedLog,
  catalogPiece,
  recordBackup,
  setArchivedLogStatus,
  uncatalogPiece,
} from './change-records';
import { RECORD_SLOTS } from './trim-records';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lab-control-'));
  path = join(directory, 'control01.ctl');
  writeControlFile(path, emptyControlFile());
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const at = new Date('2026-11-21T22:00:00Z');

function emptyControlFile(): ControlFile {
  return {
    dbid: 1,
    dbName: 'ORCL',
    dbUniqueName: 'orcl',
    createdAt: at.toISOString(),
    resetlogsScn: '1',
    resetlogsId: 1,
    incarnations: [],
    logMode: 'ARCHIVELOG',
    checkpointScn: '1',
    controlSequence: 1,
    tablespaces: [],
    dataFiles: [],
    tempFiles: [],
    redoLogs: [],
    archivedLogs: [],
    backupSets: [],
    backupPieces: [],
    backupDataFiles: [],
    backupRedoLogs: [],
    rmanStatus: [],
    rmanConfiguration: [],
    nextRecid: 1,
    nextSetCount: 1,
  };
}

function logBackup(handle: string, piece = 1) {
  const set = { setStamp: 100, setCount: 7 };
  const times = { startedAt: at.toISOString(), completedAt: at.toISOString() };
  return {
    set: {
      ...set,
      ...times,
      type: 'L' as const,
      level: null,
      controlFileIncluded: false,
      spfileIncluded: false,
      pieces: 2,
      blockBytes: 512,
      multiSection: false,
    },
    pieces: [
      {
        ...set,
        ...times,
        piece,
        copy: 1,
        handle,
        tag: 'T',
        media: null,
        comments: null,
        bytes: 1024,
        status: 'A' as const,
        deviceType: 'SBT_TAPE' as const,
      },
    ],
    dataFiles: [],
    redoLogs: [
      {
        ...set,
        thread: 1,
        sequence: 5,
        resetlogsScn: '1',
        firstScn: '10',
        nextScn: '20',
        blocks: 9,
        blockBytes: 512,
      },
    ],
  };
}

const archivedLog = {
  thread: 1,
  sequence: 5,
  resetlogsScn: '1',
  resetlogsId: 1,
  firstScn: '10',
  nextScn: '20',
  firstAt: at.toISOString(),
  nextAt: at.toISOString(),
  blocks: 9,
  blockBytes: 512 as const,
  name: '/fra/1_5_1.arc',
};

describe('the control file store', () => {
  it('reads back what the last update wrote', () => {
    ControlFileStore.open([path]).update((controlFile) => {
      controlFile.checkpointScn = '99';
    });
    const again = ControlFileStore.open([path]).current;
    expect(again).toMatchObject({ checkpointScn: '99', controlSequence: 2 });
    expect(readFileSync(path).length % 16384).toBe(0);
  });

  it('survives a write that was cut at any byte', () => {
    const store = ControlFileStore.open([path]);
    const next = encodeControlFile({ ...store.current, checkpointScn: '99', controlSequence: 2 });
    for (const length of [0, 1, 100, 16384, 16400, next.length - 1]) {
      writeFileSync(`${path}.next`, next.subarray(0, length));
      expect(ControlFileStore.open([path]).current.checkpointScn).toBe('1');
    }
    store.update((controlFile) => {
      controlFile.checkpointScn = '100';
    });
    expect(readControlFile(path).checkpointScn).toBe('100');
  });

  it('refuses a damaged file, and goes on with a whole copy', () => {
    const copy = join(directory, 'control02.ctl');
    writeControlFile(copy, emptyControlFile());
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(16390) ^ 1, 16390);
    writeFileSync(path, bytes);
    expect(() => readControlFile(path)).toThrow(ControlFileCorruptError);
    expect(ControlFileStore.open([path, copy]).current.dbid).toBe(1);
    expect(() => ControlFileStore.open([path])).toThrow(ControlFileCorruptError);
  });

  it('reuses old records once a section is full, and grows while they are younger than the keep time', () => {
    const days = (count: number) => new Date(at.getTime() + count * 86_400_000);
    let today = at;
    const store = ControlFileStore.open([path], () => today);
    const fill = (count: number) =>
      store.update((controlFile) => {
        for (let i = 0; i < count; i++) addArchivedLog(controlFile, { ...archivedLog, sequence: i }, today);
      });
    fill(RECORD_SLOTS.archivedLogs.first + 10);
    expect(store.current.archivedLogs).toHaveLength(RECORD_SLOTS.archivedLogs.first + 10);
    today = days(8);
    fill(1);
    expect(store.current.archivedLogs).toHaveLength(RECORD_SLOTS.archivedLogs.first);
    store.update((controlFile) => {
      controlFile.recordKeepDays = 31;
    });
    today = days(30);
    fill(5);
    expect(store.current.archivedLogs).toHaveLength(RECORD_SLOTS.archivedLogs.first + 5);
  });

  it('keeps the number of records bounded, newest last', () => {
    const store = ControlFileStore.open([path], () => at);
    store.update((controlFile) => {
      for (let i = 0; i < RECORD_SLOTS.archivedLogs.max + 5; i++) {
        addArchivedLog(controlFile, { ...archivedLog, sequence: i }, at);
      }
    });
    const { archivedLogs } = readControlFile(path);
    expect(archivedLogs).toHaveLength(RECORD_SLOTS.archivedLogs.max);
    expect(archivedLogs[0]?.sequence).toBe(5);
  });
});

describe('RMAN records', () => {
  it('count the backups of an archived log', () => {
    const controlFile = emptyControlFile();
    addArchivedLog(controlFile, archivedLog, at);
    recordBackup(controlFile, logBackup('h1'), at);
    expect(controlFile.archivedLogs[0]?.backupCount).toBe(1);
    expect(controlFile.backupPieces[0]).toMatchObject({ handle: 'h1', status: 'A', setCount: 7 });
  });

  it('of a set go with its last piece, and come back by its pieces', () => {
    const controlFile = emptyControlFile();
    recordBackup(controlFile, logBackup('h1'), at);
    expect(catalogPiece(controlFile, logBackup('h2', 2), at)).toEqual({ added: true });
    expect(controlFile.backupSets).toHaveLength(1);
    expect(controlFile.backupRedoLogs).toHaveLength(1);
    expect(uncatalogPiece(controlFile, 'h1')).toBe(true);
    expect(controlFile.backupSets).toHaveLength(1);
    expect(uncatalogPiece(controlFile, 'h2')).toBe(true);
    expect(uncatalogPiece(controlFile, 'h2')).toBe(false);
    expect(controlFile).toMatchObject({ backupSets: [], backupRedoLogs: [], backupPieces: [] });
    expect(catalogPiece(controlFile, logBackup('h2', 2), at)).toEqual({ added: true });
    expect(catalogPiece(controlFile, logBackup('h2', 2), at)).toEqual({ added: false });
    expect(controlFile.backupSets).toHaveLength(1);
  });

  it('of a deleted log lose the name', () => {
    const controlFile = emptyControlFile();
    const { recid } = addArchivedLog(controlFile, archivedLog, at);
    expect(setArchivedLogStatus(controlFile, [recid], 'D')).toBe(1);
    expect(controlFile.archivedLogs[0]).toMatchObject({ status: 'D', name: null });
  });
});
