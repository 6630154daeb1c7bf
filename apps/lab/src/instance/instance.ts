/**
 * One instance of the simulated database: NOMOUNT, MOUNT, OPEN and back. The same class serves as a process of its own
 * (main.ts) and inside rman when no process runs (a restore to a new place); that second form is a difference to a real
 * host, where STARTUP always leaves background processes behind.
 */
import { hostname } from 'node:os';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ControlFileStore, decodeControlFile, writeControlFile } from '../control-file/control-file-store';
import { type ArchivedLog, type ControlFile, type DataFile } from '../control-file/control-file';
import { type Database } from '../engine/database';
import { type OpenedDatabase, openDatabase } from '../engine/open-database';
import { countUsedBlocks } from '../engine/count-used-blocks';
import { closeDataFile, openDataFile } from '../engine/data-file-handle';
import { type DataFileHeader } from '../formats/data-file-header';
import { formatScn } from '../formats/scn';
import { lockDatabase } from './database-lock';
import { type Identity } from './instance-port';
import { type RecoveryAreaState, type SessionState } from '../views/live-state';
import { type LiveState } from './live-state';
import { startIncarnation } from './open-resetlogs';
import { hostPaths, readInstanceFile } from './oracle-home';
import { ORA, OraError } from './ora-error';
import { Sessions } from './sessions';

export interface InstanceOptions {
  sid: string;
  /** The simulated host's directory. */
  base: string;
  /** Normally hostPaths.oracleHome(base). */
  oracleHome: string;
  now: () => Date;
  cacheBytes?: number;
  splitWrites?: boolean;
  /** Called when the instance became OPEN, with what instance recovery did. */
  onOpen?: (recovery: OpenedDatabase['recovery']) => void;
  /** Called when a failed write made the instance unusable (see DatabaseOptions.onFatal). */
  onFatal?: (error: unknown) => void;
  /** Called after a shutdown. */
  onShutdown?: () => void;
}

export type InstanceState = 'DOWN' | 'STARTED' | 'MOUNTED' | 'OPEN';

/** DB_RECOVERY_FILE_DEST_SIZE. Shown, not enforced. */
const RECOVERY_AREA_BYTES = 64 * 1024 ** 3;
/** A clean shutdown waits this long for a workload or mark to reach its next pause. */
const SHUTDOWN_PATIENCE_MS = 2_000;

export class Instance {
  readonly sessions: Sessions;
  listenerPort: number | null = null;
  private state: InstanceState = 'DOWN';
  private startedAt: Date;
  private mountedStore: ControlFileStore | undefined;
  private openDatabase: Database | undefined;
  private unlock: (() => void) | undefined;
  private restoredControlFile = false;
  private stopping = new AbortController();

  constructor(readonly options: InstanceOptions) {
    this.sessions = new Sessions(options.now);
    this.startedAt = options.now();
  }

  /** Aborts when a shutdown begins: long work stops at its next pause. */
  get shutdownSignal(): AbortSignal {
    return this.stopping.signal;
  }

  get status(): InstanceState {
    return this.state;
  }

  /** Throws ORA-01507 unless mounted or open. */
  store(): ControlFileStore {
    if (this.mountedStore === undefined) {
      if (this.state === 'DOWN') throw new OraError(ORA.notStarted, 'ORACLE not available');
      throw new OraError(ORA.notMounted, 'database not mounted');
    }
    return this.mountedStore;
  }

  /** Throws ORA-01109 unless open. */
  database(): Database {
    this.store();
    if (this.openDatabase === undefined) throw new OraError(ORA.notOpen, 'database not open');
    return this.openDatabase;
  }

  async startup(mode: 'NOMOUNT' | 'MOUNT' | 'OPEN'): Promise<void> {
    if (this.state !== 'DOWN')
      throw new OraError(ORA.alreadyStarted, 'cannot start already-running ORACLE - shut it down first');
    this.state = 'STARTED';
    this.startedAt = this.options.now();
    this.stopping = new AbortController();
    if (mode !== 'NOMOUNT') this.mount();
    if (mode === 'OPEN') await this.open({ resetlogs: false });
  }

  mount(): void {
    if (this.state === 'DOWN') throw new OraError(ORA.notStarted, 'ORACLE not available');
    if (this.state !== 'STARTED') throw new OraError(ORA.alreadyMounted, 'database already mounted');
    const paths = this.controlFilePaths();
    if (!paths.some((path) => existsSync(path))) {
      throw new OraError(
        ORA.controlFileMissing,
        `error in identifying control file, check alert log for more info: ${paths.join(', ')}`,
      );
    }
    const dbs = join(this.options.oracleHome, 'dbs');
    mkdirSync(dbs, { recursive: true });
    const unlock = lockDatabase(dbs, this.options.sid);
    try {
      this.mountedStore = ControlFileStore.open(paths);
    } catch (error) {
      unlock();
      throw new OraError(ORA.controlFileMissing, `control file unreadable: ${String(error)}`);
    }
    this.unlock = unlock;
    this.state = 'MOUNTED';
  }

  async open({ resetlogs }: { resetlogs: boolean }): Promise<{ resetlogsScn: string; resetlogsId: number }> {
    const store = this.store();
    if (this.state === 'OPEN') throw new OraError(ORA.alreadyOpen, 'a database already open by the instance');
    if (this.restoredControlFile && !resetlogs) {
      throw new OraError(ORA.resetlogsNeeded, 'must use RESETLOGS or NORESETLOGS option for database open');
    }
    const { base, sid, now, cacheBytes, splitWrites, onFatal } = this.options;
    const oradata = hostPaths.oradata(base, sid);
    if (resetlogs) startIncarnation(store, { oradata, now });
    const opened = await openDatabase({
      store,
      oradata,
      archiveDirectory: hostPaths.archive(base, sid),
      now,
      ...(cacheBytes === undefined ? {} : { cacheBytes }),
      ...(splitWrites === undefined ? {} : { splitWrites }),
      ...(onFatal === undefined ? {} : { onFatal }),
    });
    this.openDatabase = opened.database;
    this.restoredControlFile = false;
    this.state = 'OPEN';
    failUnfinishedJobs(store, now());
    this.options.onOpen?.(opened.recovery);
    const { resetlogsScn, resetlogsId } = store.current;
    return { resetlogsScn, resetlogsId };
  }

  async shutdown(mode: 'IMMEDIATE' | 'ABORT'): Promise<void> {
    if (this.state === 'DOWN') throw new OraError(ORA.notStarted, 'ORACLE not available');
    this.stopping.abort();
    const database = this.openDatabase;
    if (database !== undefined) {
      if (mode === 'IMMEDIATE') {
        await Promise.race([database.exclusively(async () => undefined), pause(SHUTDOWN_PATIENCE_MS)]);
        database.close();
      } else database.abandon();
    }
    this.openDatabase = undefined;
    this.mountedStore = undefined;
    this.unlock?.();
    this.unlock = undefined;
    this.state = 'DOWN';
    this.options.onShutdown?.();
  }

  /** NOMOUNT only: restored bytes become the control file(s). */
  installControlFile(path: string): string[] {
    if (this.state !== 'STARTED') throw new OraError(ORA.alreadyMounted, 'database already mounted');
    const controlFile = decodeControlFile(readFileSync(path), path);
    const paths = this.controlFilePaths();
    for (const target of paths) {
      mkdirSync(dirname(target), { recursive: true });
      writeControlFile(target, controlFile);
    }
    this.restoredControlFile = true;
    return paths;
  }

  identity(): Identity {
    if (this.state === 'DOWN') throw new OraError(ORA.notStarted, 'ORACLE not available');
    const controlFile: ControlFile | undefined = this.mountedStore?.current;
    const { sid, base, oracleHome } = this.options;
    return {
      dbid: controlFile?.dbid ?? 0,
      dbName: controlFile?.dbName ?? '',
      dbUniqueName: controlFile?.dbUniqueName ?? '',
      instanceName: sid,
      instanceNumber: 1,
      thread: 1,
      hostName: hostname(),
      version: '19.0.0.0.0',
      versionFull: '19.21.0.0.0',
      status: this.state,
      startedAt: this.startedAt.toISOString(),
      currentScn: this.openDatabase
        ? formatScn(this.openDatabase.nextScn)
        : (controlFile?.checkpointScn ?? '0'),
      resetlogsScn: controlFile?.resetlogsScn ?? '0',
      logMode: controlFile?.logMode ?? 'ARCHIVELOG',
      oracleHome,
      base,
      pid: process.pid,
      listenerPort: this.listenerPort,
    };
  }

  /** For the listener's views. */
  liveState(): LiveState {
    return {
      identity: () => this.identity(),
      controlFile: () => this.store().current,
      sessions: () => [...backgroundSessions(this.startedAt), ...this.sessions.rows()],
      longops: () => this.sessions.longops(),
      dataFileHeader: (file) => this.dataFileHeader(file),
      space: () => (this.openDatabase === undefined ? [] : countUsedBlocks(this.openDatabase)),
      controlFiles: () => [...(this.mountedStore?.paths ?? [])],
      recoveryArea: () => recoveryAreaOf(this.store().current, join(this.options.base, 'fra')),
      rmanOutput: () => this.sessions.rmanOutput(),
      openSession: (session) => {
        const killed = new AbortController();
        const id = this.sessions.open(session, () => {
          killed.abort();
        });
        return {
          id,
          killed: killed.signal,
          update: (attributes) => {
            this.sessions.update(id, attributes);
          },
          close: () => {
            this.sessions.close(id);
          },
        };
      },
    };
  }

  /** The control file's record of a data file, by number or path. */
  dataFileRecord(file: number | string): DataFile {
    const record = this.store().current.dataFiles.find(
      (candidate) => candidate.file === file || candidate.name === file,
    );
    if (record === undefined) throw new OraError(ORA.noSuchFile, `nonexistent data file "${file}"`);
    return record;
  }

  private dataFileHeader(file: number): DataFileHeader | undefined {
    const open = this.openDatabase?.files.get(file);
    if (open !== undefined) return open.header;
    const record = this.store().current.dataFiles.find((candidate) => candidate.file === file);
    if (record === undefined) return undefined;
    const opening = openDataFile(record.name);
    if (!opening.ok) return undefined;
    closeDataFile(opening.handle);
    return opening.header;
  }

  private controlFilePaths(): string[] {
    const { oracleHome, sid, base } = this.options;
    const known = readInstanceFile(oracleHome, sid);
    return known?.controlFiles ?? [join(hostPaths.oradata(base, sid), 'control01.ctl')];
  }
}

/** Rows of RMAN jobs that were running when the instance died. */
function failUnfinishedJobs(store: ControlFileStore, at: Date): void {
  const running = store.current.rmanStatus.filter((row) => row.endedAt === null);
  if (running.length === 0) return;
  store.update(() => {
    for (const row of running) Object.assign(row, { status: 'FAILED', endedAt: at.toISOString() });
  });
}

function recoveryAreaOf(controlFile: ControlFile, path: string): RecoveryAreaState {
  const logs = controlFile.archivedLogs.filter((log) => log.status === 'A' && log.name !== null);
  const bytesOf = (log: ArchivedLog) => (log.blocks + 1) * log.blockBytes;
  const backedUp = logs.filter((log) => log.backupCount > 0);
  return {
    path,
    limitBytes: RECOVERY_AREA_BYTES,
    usedBytes: logs.reduce((sum, log) => sum + bytesOf(log), 0),
    reclaimableBytes: backedUp.reduce((sum, log) => sum + bytesOf(log), 0),
    files: logs.length,
  };
}

function backgroundSessions(startedAt: Date): SessionState[] {
  return ['PMON', 'DBW0', 'LGWR', 'CKPT', 'SMON', 'ARC0'].map((name, i) => ({
    sid: i + 1,
    serial: 1,
    username: 'SYS',
    program: `oracle (${name})`,
    module: null,
    clientInfo: null,
    event: 'rdbms ipc message',
    status: 'ACTIVE',
    type: 'BACKGROUND',
    logonAt: startedAt.toISOString(),
    spid: process.pid,
  }));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
