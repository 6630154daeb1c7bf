// A small database for the specs of views, evaluator and listener: two data files, logs, a level 0 and a level 1 to SBT, one running
// RMAN job. Its SCNs lie near 2^60, so that a digit lost anywhere shows.
import { type ControlFile } from '../../control-file/control-file';
import { stampOf } from '../../formats/stamp';
import { type LiveState, type SessionState } from '../live-state';

export const SAMPLE_NOW = new Date('2026-11-21T23:59:58.000Z');
export const BIG_SCN = 1_152_921_504_606_846_975n;
const CREATED = '2026-11-01T00:00:00.000Z';
const L0_AT = '2026-11-20T01:00:00.000Z';
const L1_AT = '2026-11-21T01:00:00.000Z';

export function scn(offset: number): string {
  return String(BIG_SCN - 1_000_000n + BigInt(offset));
}

export function sampleControlFile(): ControlFile {
  const resetlogsId = stampOf(new Date(CREATED));
  const dataFile = (
    file: number,
    ts: number,
    name: string,
    blocks: number,
  ): ControlFile['dataFiles'][number] => ({
    ...{
      file,
      rfile: file,
      ts,
      name,
      blockBytes: 8192,
      blocks,
      creationScn: scn(10 + file),
      checkpointScn: scn(900),
    },
    ...{
      checkpointAt: L1_AT,
      status: file === 1 ? 'SYSTEM' : 'ONLINE',
      enabled: 'READ WRITE',
      unrecoverableScn: '0',
      lastScn: null,
    },
  });
  const backedUp = (recid: number, file: number, level: 0 | 1): ControlFile['backupDataFiles'][number] => ({
    ...{
      recid,
      setStamp: 1000 + level,
      setCount: 10 + level,
      file,
      creationScn: scn(10 + file),
      resetlogsScn: scn(1),
      level,
    },
    ...{
      incrementalScn: level === 0 ? '0' : scn(500),
      checkpointScn: level === 0 ? scn(500) : scn(900),
      absoluteFuzzyScn: '0',
    },
    ...{
      checkpointAt: level === 0 ? L0_AT : L1_AT,
      datafileBlocks: 1280,
      blocksRead: 1280,
      blocks: level === 0 ? 960 : 32,
    },
    ...{ blockBytes: 8192, completedAt: level === 0 ? L0_AT : L1_AT },
  });
  return {
    ...{
      dbid: 1_565_056_049,
      dbName: 'ORCL',
      dbUniqueName: 'orcl_lab',
      createdAt: CREATED,
      resetlogsScn: scn(1),
      resetlogsId,
    },
    incarnations: [
      { incarnation: 1, resetlogsScn: scn(1), resetlogsId, priorResetlogsScn: '0', status: 'CURRENT' },
    ],
    ...{ logMode: 'ARCHIVELOG', checkpointScn: scn(900), controlSequence: 77 },
    tablespaces: [
      { ts: 0, name: 'SYSTEM', bigfile: false },
      { ts: 4, name: 'USERS', bigfile: false },
    ],
    dataFiles: [
      dataFile(1, 0, '/lab/oradata/ORCL/system01.dbf', 1280),
      dataFile(7, 4, '/lab/oradata/ORCL/users01.dbf', 2560),
    ],
    tempFiles: [{ file: 1, name: '/lab/oradata/ORCL/temp01.dbf', bytes: 33_554_432 }],
    redoLogs: [1, 2, 3].map((group) => ({
      ...{
        group,
        thread: 1,
        sequence: 40 + group,
        bytes: 16_777_216,
        path: `/lab/oradata/ORCL/redo0${group}.log`,
      },
      ...{
        firstScn: scn(600 + group * 100),
        nextScn: group === 3 ? null : scn(700 + group * 100),
        firstAt: L1_AT,
      },
      ...{ status: group === 3 ? 'CURRENT' : 'INACTIVE', archived: group !== 3 },
    })),
    archivedLogs: [41, 42].map((sequence) => ({
      ...{ recid: sequence, stamp: 2000 + sequence, thread: 1, sequence, resetlogsScn: scn(1), resetlogsId },
      ...{
        firstScn: scn(sequence * 10),
        nextScn: scn(sequence * 10 + 10),
        firstAt: L0_AT,
        nextAt: L1_AT,
        blocks: 2048,
        blockBytes: 512,
      },
      ...{
        name: `/lab/fra/ORCL/archivelog/1_${sequence}_${resetlogsId}.arc`,
        status: 'A',
        completedAt: L1_AT,
      },
      backupCount: sequence === 41 ? 1 : 0,
    })),
    backupSets: ([0, 1] as const).map((level) => ({
      ...{
        recid: 50 + level,
        stamp: 1100 + level,
        setStamp: 1000 + level,
        setCount: 10 + level,
        type: level === 0 ? 'D' : 'I',
        level,
      },
      ...{
        controlFileIncluded: false,
        spfileIncluded: false,
        pieces: 1,
        startedAt: L0_AT,
        completedAt: L1_AT,
        blockBytes: 8192,
      },
      multiSection: false,
    })),
    backupPieces: ([0, 1] as const).map((level) => ({
      ...{
        recid: 60 + level,
        stamp: 1200 + level,
        setStamp: 1000 + level,
        setCount: 10 + level,
        piece: 1,
        copy: 1,
      },
      ...{
        handle: `ab12/job1_1_F1_0${level}`,
        tag: `ADY_L${level}_JOB1`,
        media: 'vault',
        comments: null,
        bytes: 7_864_320,
        status: 'A',
      },
      ...{ deviceType: 'SBT_TAPE', startedAt: L0_AT, completedAt: L1_AT },
    })),
    backupDataFiles: [backedUp(70, 1, 0), backedUp(71, 1, 1), backedUp(72, 7, 1)],
    backupRedoLogs: [
      {
        ...{
          recid: 80,
          setStamp: 1002,
          setCount: 12,
          thread: 1,
          sequence: 41,
          resetlogsScn: scn(1),
          firstScn: scn(410),
        },
        ...{ nextScn: scn(420), blocks: 2048, blockBytes: 512 },
      },
    ],
    dataFileCopies: [
      {
        ...{
          recid: 85,
          stamp: 1300,
          name: '/lab/copies/users01.dbf',
          tag: 'COPY',
          file: 7,
          level: 0,
          status: 'A',
        },
        ...{ creationScn: scn(17), resetlogsScn: scn(1), checkpointScn: scn(950), checkpointAt: L1_AT },
        ...{ absoluteFuzzyScn: '0', blocks: 2560, blockBytes: 8192, completedAt: L1_AT },
      },
    ],
    rmanStatus: [
      rmanStatus(90, 'RMAN', 'RUNNING', null),
      rmanStatus(91, 'BACKUP', 'COMPLETED', L1_AT),
      rmanStatus(92, 'BACKUP', 'RUNNING', null),
    ],
    rmanConfiguration: [{ conf: 1, name: 'CONTROLFILE AUTOBACKUP', value: 'ON' }],
    ...{ nextRecid: 100, nextSetCount: 20 },
  };
}

function rmanStatus(
  recid: number,
  operation: string,
  status: string,
  endedAt: string | null,
): ControlFile['rmanStatus'][number] {
  return {
    ...{
      recid,
      stamp: 3000 + recid,
      sessionRecid: 90,
      sessionStamp: 3090,
      commandId: 'ady:0a1b2c3d',
      operation,
      status,
    },
    ...{
      startedAt: L1_AT,
      endedAt,
      inputBytes: recid * 1_048_576,
      outputBytes: recid * 524_288,
      objectType: recid === 90 ? null : 'DB INCR',
    },
  };
}

function sampleSession(sid: number, overrides: Partial<SessionState> = {}): SessionState {
  return {
    ...{
      sid,
      serial: sid * 10,
      username: 'SYS',
      program: 'rman@lab (TNS V1-V3)',
      module: 'backup incr datafile',
    },
    ...{
      clientInfo: 'id=ady:0a1b2c3d,rman channel=c1',
      event: 'Backup: MML write backup piece',
      status: 'ACTIVE',
      type: 'USER',
    },
    ...{ logonAt: '2026-11-21T23:50:00.000Z', spid: 4000 + sid },
    ...overrides,
  };
}

/** Open by default; what is given replaces parts of it. */
export function sampleLiveState(overrides: Partial<LiveState> = {}): LiveState {
  const cf = sampleControlFile();
  return {
    identity: () => ({
      ...{
        dbid: cf.dbid,
        dbName: 'ORCL',
        dbUniqueName: 'orcl_lab',
        instanceName: 'ORCL',
        instanceNumber: 1,
        thread: 1,
        hostName: 'lab',
      },
      ...{
        version: '19.0.0.0.0',
        versionFull: '19.21.0.0.0',
        status: 'OPEN',
        startedAt: CREATED,
        currentScn: String(BIG_SCN),
      },
      ...{ logMode: 'ARCHIVELOG', pid: 1 },
    }),
    sessions: () => [
      sampleSession(101),
      sampleSession(102, { clientInfo: null, program: 'node', module: null }),
    ],
    corruptBlocks: () => [{ file: 1, block: 20, blocks: 2, scn: '0', type: 'CHECKSUM' }],
    longops: () => [
      {
        ...{
          sid: 101,
          serial: 1010,
          context: 1,
          opname: 'RMAN: incremental datafile backup',
          sofar: 640,
          totalwork: 1280,
        },
        ...{ startedAt: '2026-11-21T23:58:00.000Z', updatedAt: '2026-11-21T23:59:00.000Z' },
      },
      {
        ...{ sid: 101, serial: 1010, context: 2, opname: 'RMAN: aggregate output', sofar: 640, totalwork: 0 },
        ...{ startedAt: '2026-11-21T23:58:00.000Z', updatedAt: '2026-11-21T23:59:00.000Z' },
      },
    ],
    dataFileHeader: (file) => ({
      ...{
        tablespaceName: 'USERS',
        creationScn: BigInt(scn(10 + file)),
        resetlogsScn: BigInt(scn(1)),
        resetlogsStamp: cf.resetlogsId,
      },
      ...{ checkpointScn: BigInt(scn(900)), checkpointStamp: stampOf(new Date(L1_AT)), absoluteFuzzyScn: 0n },
    }),
    space: () => [
      { file: 1, blocks: 1280, usedBlocks: 1000 },
      { file: 7, blocks: 2560, usedBlocks: 2560 },
    ],
    recoveryArea: () => ({
      path: '/lab/fra',
      limitBytes: 10_000,
      usedBytes: 2_500,
      reclaimableBytes: 1_000,
      files: 2,
    }),
    controlFiles: () => ['/lab/oradata/ORCL/control01.ctl'],
    backupIo: () =>
      [true, false].map((synchronous) => ({
        ...{
          sid: 101,
          serial: 1010,
          synchronous,
          deviceType: synchronous ? 'SBT_TAPE' : 'DISK',
          type: synchronous ? 'OUTPUT' : 'INPUT',
        },
        ...{
          status: 'IN PROGRESS',
          filename: 'x',
          setCount: 11,
          setStamp: 1001,
          bufferBytes: 1_048_576,
          buffers: 4,
          totalBytes: null,
        },
        ...{ bytes: 5_242_880, ioCount: 5, openedAt: '2026-11-21T23:59:48.000Z', closedAt: null },
      })),
    rmanOutput: () =>
      [2, 1].map((recid) => ({
        sid: 101,
        recid,
        stamp: 1,
        sessionRecid: 90,
        sessionStamp: 3090,
        output: `line ${recid}`,
      })),
    ...overrides,
  };
}
