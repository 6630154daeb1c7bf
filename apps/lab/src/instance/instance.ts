/** One instance of the simulated database: NOMOUNT, MOUNT, OPEN and back. It lives in a process of its own (main.ts), or in a cluster's. */
import { hostname } from 'node:os';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type ControlFileStore,
  decodeControlFile,
  writeControlFile,
} from '../control-file/control-file-store';
import { type ArchivedLog, type ControlFile, type DataFile } from '../control-file/control-file';
import { type Database } from '../engine/database';
import { type OpenedDatabase } from '../engine/open-database';
import { countUsedBlocks } from '../engine/count-used-blocks';
import { closeDataFile, openDataFile } from '../engine/data-file-handle';
import { type DataFileHeader } from '../formats/data-file-header';
import { formatScn } from '../formats/scn';
import { type Identity } from './instance-port';
import { type RecoveryAreaState, type SessionState } from '../views/live-state';
import { type LiveState } from './live-state';
import { startIncarnation } from './open-resetlogs';
import { hostPaths, readInstanceFile } from './oracle-home';
import { ORA, OraError } from './ora-error';
import { ServerParameters } from './server-parameters';
import { Sessions } from './sessions';
import { SharedDatabase } from './shared-database';

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
  /** Name of the directory of the database's files; absent = the SID. */
  storageName?: string;
  /** Set for an instance of a cluster. */
  cluster?: ClusterMembership;
}

interface ClusterMembership {
  shared: SharedDatabase;
  /** INSTANCE_NUMBER, and the number of its redo thread. */
  number: number;
  hostName: string;
  /** All instances of the cluster, this one included, running or not. */
  members: () => readonly Instance[];
}

export type InstanceState = 'DOWN' | 'STARTED' | 'MOUNTED' | 'OPEN';

const VERSION_FULL = '19.21.0.0.0';
/** Between the values of a parameter that is a list. */
const LIST_SEPARATOR = /, ?/;
/** DB_RECOVERY_FILE_DEST_SIZE when the parameter file does not say. */
const RECOVERY_AREA_BYTES = 64 * 1024 ** 3;

export class Instance {
  readonly sessions: Sessions;
  listenerPort: number | null = null;
  private state: InstanceState = 'DOWN';
  private startedAt: Date;
  readonly shared: SharedDatabase;
  readonly parameters: ServerParameters;
  /** Number of the redo thread, and INSTANCE_NUMBER. */
  readonly thread: number;
  private stopping = new AbortController();
  private hanging: PromiseWithResolvers<void> | undefined;
  /** What the home's software is, where it is other than usual. */
  readonly software: { versionFull?: string; edition?: 'SE2' } = {};

  constructor(readonly options: InstanceOptions) {
    const { sid, oracleHome, cluster } = options;
    this.sessions = new Sessions(options.now);
    this.startedAt = options.now();
    this.shared = cluster?.shared ?? new SharedDatabase();
    this.thread = cluster?.number ?? 1;
    this.parameters = new ServerParameters(join(oracleHome, 'dbs', `spfile${sid}.ora`), sid);
  }

  /** Directories of the database's files. */
  get storage(): { oradata: string; archive: string } {
    const { base, sid, storageName = sid } = this.options;
    return { oradata: hostPaths.oradata(base, storageName), archive: hostPaths.archive(base, storageName) };
  }

  /** From now on nothing is answered, until `resume` or a crash. */
  hang(): void {
    this.hanging ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.hanging?.resolve();
    this.hanging = undefined;
  }

  /** Resolves while the instance is well; waits as long as it hangs. */
  async whenAnswering(): Promise<void> {
    await this.hanging?.promise;
  }

  private get mountedStore(): ControlFileStore | undefined {
    return this.state === 'MOUNTED' || this.state === 'OPEN' ? this.shared.store : undefined;
  }

  private get openDatabase(): Database | undefined {
    return this.state === 'OPEN' ? this.shared.database : undefined;
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
    const { oracleHome, sid, storageName = sid } = this.options;
    this.shared.mount(this, { paths, dbs: join(oracleHome, 'dbs'), name: storageName });
    this.state = 'MOUNTED';
  }

  async open({ resetlogs }: { resetlogs: boolean }): Promise<{ resetlogsScn: string; resetlogsId: number }> {
    const store = this.store();
    if (this.state === 'OPEN') throw new OraError(ORA.alreadyOpen, 'a database already open by the instance');
    if (store.current.role === 'PHYSICAL STANDBY')
      throw new OraError(10458, 'standby database requires recovery');
    if (store.current.restored === true && !resetlogs) {
      throw new OraError(ORA.resetlogsNeeded, 'must use RESETLOGS or NORESETLOGS option for database open');
    }
    const { now } = this.options;
    if (resetlogs) startIncarnation(store, { oradata: this.storage.oradata, now });
    const recovery = await this.shared.open(this, this.openOptions());
    this.state = 'OPEN';
    if (recovery !== undefined) {
      failUnfinishedJobs(store, now());
      this.options.onOpen?.(recovery);
    }
    const { resetlogsScn, resetlogsId } = store.current;
    return { resetlogsScn, resetlogsId };
  }

  private openOptions(): Parameters<SharedDatabase['open']>[1] {
    const { now, cacheBytes, splitWrites, onFatal } = this.options;
    return {
      ...{ oradata: this.storage.oradata, now },
      archiveDirectory: () => this.archiveDestination().path,
      archiveBytesMax: () => this.archiveDestination().bytesMax,
      ...(cacheBytes === undefined ? {} : { cacheBytes }),
      ...(splitWrites === undefined ? {} : { splitWrites }),
      ...(onFatal === undefined ? {} : { onFatal }),
    };
  }

  /** LOG_ARCHIVE_DEST_1: a directory of its own, or the recovery area with its limit. */
  private archiveDestination(): { path: string; bytesMax: number } {
    const [, location] = /LOCATION=(\/[^ ]+)/i.exec(this.parameters.read()['log_archive_dest_1'] ?? '') ?? [];
    if (location !== undefined) return { path: location, bytesMax: Number.POSITIVE_INFINITY };
    return { path: this.storage.archive, bytesMax: this.recoveryAreaBytes() };
  }

  private recoveryAreaBytes(): number {
    return this.parameters.bytes('db_recovery_file_dest_size') ?? RECOVERY_AREA_BYTES;
  }

  async shutdown(mode: 'IMMEDIATE' | 'ABORT'): Promise<void> {
    if (this.state === 'DOWN') throw new OraError(ORA.notStarted, 'ORACLE not available');
    this.stopping.abort();
    await this.shared.leave(this, { clean: mode === 'IMMEDIATE', thread: this.thread });
    this.state = 'DOWN';
    this.resume();
    this.options.onShutdown?.();
  }

  /** NOMOUNT only: restored bytes become the control file(s). */
  installControlFile(path: string): string[] {
    if (this.state !== 'STARTED') throw new OraError(ORA.alreadyMounted, 'database already mounted');
    const controlFile = decodeControlFile(readFileSync(path), path);
    const paths = this.controlFilePaths();
    for (const target of paths) {
      mkdirSync(dirname(target), { recursive: true });
      writeControlFile(target, { ...controlFile, restored: true });
    }
    return paths;
  }

  identity(): Identity {
    if (this.state === 'DOWN') throw new OraError(ORA.notStarted, 'ORACLE not available');
    const controlFile: ControlFile | undefined = this.mountedStore?.current;
    const { sid, base, oracleHome } = this.options;
    const { versionFull = VERSION_FULL } = this.software;
    return {
      dbid: controlFile?.dbid ?? 0,
      dbName: controlFile?.dbName ?? '',
      dbUniqueName: controlFile?.dbUniqueName ?? '',
      instanceName: sid,
      instanceNumber: this.thread,
      thread: this.thread,
      hostName: this.options.cluster?.hostName ?? hostname(),
      version: `${versionFull.split('.', 1)[0] ?? ''}.0.0.0.0`,
      versionFull,
      edition: this.software.edition ?? 'EE',
      parallel: this.options.cluster !== undefined,
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
      sessions: () => this.running().flatMap((instance) => instance.sessionRows()),
      longops: () =>
        this.running().flatMap((instance) =>
          instance.sessions.longops().map((row) => ({ ...row, instanceNumber: instance.thread })),
        ),
      otherInstances: () =>
        this.running()
          .filter((instance) => instance !== this && instance.hanging === undefined) // the others have evicted it
          .map((instance) => instance.identity()),
      parameters: () => this.parameters.read(),
      archiverError: () => this.openDatabase?.archiver.error?.text ?? null,
      blockChangeTracking: () => {
        const tracking = this.openDatabase?.tracking.current;
        return tracking === undefined ? null : { file: tracking.path, bytes: tracking.bytes() };
      },
      corruptBlocks: () => this.store().current.corruptBlocks ?? [],
      dataFileHeader: (file) => this.dataFileHeader(file),
      space: () => (this.openDatabase === undefined ? [] : countUsedBlocks(this.openDatabase)),
      controlFiles: () => this.controlFilePaths(),
      recoveryArea: () =>
        recoveryAreaOf(this.store().current, {
          path: join(this.options.base, 'fra'),
          limitBytes: this.recoveryAreaBytes(),
        }),
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

  /** The instances of the cluster that run; of a database with one instance, that one. */
  running(): readonly Instance[] {
    const members = this.options.cluster?.members() ?? [this];
    return members.filter((instance) => instance.status !== 'DOWN');
  }

  private sessionRows(): SessionState[] {
    const rows = [...backgroundSessions(this.startedAt), ...this.sessions.rows()];
    return rows.map((row) => ({ ...row, instanceNumber: this.thread }));
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

  /** As the parameter file says; an instance without one has the place that it was given. */
  private controlFilePaths(): string[] {
    const { oracleHome, sid } = this.options;
    const named = this.parameters.read()['control_files'];
    if (named !== undefined) return named.split(LIST_SEPARATOR);
    const known = readInstanceFile(oracleHome, sid);
    return known?.controlFiles ?? [join(this.storage.oradata, 'control01.ctl')];
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

function recoveryAreaOf(
  controlFile: ControlFile,
  { path, limitBytes }: { path: string; limitBytes: number },
): RecoveryAreaState {
  const logs = controlFile.archivedLogs.filter((log) => log.status === 'A' && log.name !== null);
  const bytesOf = (log: ArchivedLog) => (log.blocks + 1) * log.blockBytes;
  const backedUp = logs.filter((log) => log.backupCount > 0);
  return {
    path,
    limitBytes,
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
