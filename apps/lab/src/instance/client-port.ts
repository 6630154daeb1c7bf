/** The instance port as one client sees it: what it holds (sessions, the snapshot control file) goes when the client goes. */
import { existsSync, rmSync } from 'node:fs';
import {
  beginBackupSet,
  beginRmanJob,
  catalogArchivedLogs,
  catalogPiece,
  recordBackup,
  setArchivedLogStatus,
  setPieceStatus,
  setBackupKeep,
  setRmanConfiguration,
  takeAutobackupNumber,
  uncatalogPiece,
  updateRmanJob,
} from '../control-file/change-records';
import { recordDataFileCopy, setCopyStatus } from '../control-file/copy-records';
import { writeControlFile } from '../control-file/control-file-store';
import { type CorruptBlock } from '../control-file/control-file';
import { BrokenBlockError } from '../engine/buffer-cache';
import { countUsedBlocks } from '../engine/count-used-blocks';
import { markTruth, writeTruthMark } from '../engine/mark-truth';
import { ROWS_PER_TRANSACTION_MAX, runWorkload, TRANSACTIONS_MAX } from '../engine/run-workload';
import { formatScn, parseScn } from '../formats/scn';
import { stampOf } from '../formats/stamp';
import { executeAlter } from './execute-alter';
import { type Instance } from './instance';
import { queryAs } from './instance-sql';
import {
  type InstanceOperations as Operations,
  type InstancePort,
  type OperationName,
  type SessionId,
} from './instance-port';
import { hostPaths } from './oracle-home';
import { ORA, OraError } from './ora-error';
import { checkMountedOnly, renameDatabase } from './rename-database';
import { type SharedDatabase } from './shared-database';
import { snapshotPath } from './snapshot-path';

type Args<K extends OperationName> = Operations[K]['args'];
type Result<K extends OperationName> = Promise<Operations[K]['result']>;

/** Connects a client inside this process. `onKilled`: a session it registered was killed. */
export function connectLocal(
  instance: Instance,
  onKilled: (session: SessionId) => void = () => undefined,
): { port: InstancePort; disconnect: () => void } {
  const port = new ClientPort(instance, onKilled);
  return {
    port,
    disconnect: () => {
      port.disconnect();
    },
  };
}

/** One snapshot control file per database, whatever its instances; its holder by database. */
const snapshotHolders = new WeakMap<SharedDatabase, ClientPort>();

/** Rows of V$DATABASE_BLOCK_CORRUPTION kept. */
const CORRUPT_BLOCKS_MAX = 10_000;

class ClientPort implements InstancePort {
  private readonly sessions: SessionId[] = [];
  private isKilled = false;

  constructor(
    private readonly instance: Instance,
    private readonly onKilled: (session: SessionId) => void,
  ) {}

  disconnect(): void {
    for (const id of this.sessions) this.instance.sessions.close(id);
    if (snapshotHolders.get(this.instance.shared) === this) snapshotHolders.delete(this.instance.shared);
  }

  async identity(_args: Args<'identity'>): Result<'identity'> {
    this.checkAlive();
    return this.instance.identity();
  }

  async readControlFile(_args: Args<'readControlFile'>): Result<'readControlFile'> {
    return this.store().current;
  }

  async checkpoint({ file }: Args<'checkpoint'>): Result<'checkpoint'> {
    const controlFile = this.store().current;
    if (this.writesTo(file)) {
      const { scn, at } = this.instance.database().checkpoint(file);
      return { scn: formatScn(scn), at: at.toISOString() };
    }
    // What nobody writes to - offline, read only, of a closed container, all of a mounted database - stands where the control file says.
    const record = file === undefined ? controlFile.dataFiles[0] : this.instance.dataFileRecord(file);
    if (record === undefined) throw new OraError(ORA.noSuchFile, 'the database has no data files');
    return { scn: record.checkpointScn, at: record.checkpointAt };
  }

  private writesTo(file: number | undefined): boolean {
    if (this.instance.status !== 'OPEN') return false;
    return file === undefined || this.instance.database().files.has(file);
  }

  async beginBackupSet({ autobackup = false }: Args<'beginBackupSet'>): Result<'beginBackupSet'> {
    return this.store().update((controlFile) => ({
      ...beginBackupSet(controlFile, this.now()),
      ...(autobackup ? { autobackup: takeAutobackupNumber(controlFile, this.now()) } : {}),
    }));
  }

  async recordBackup(args: Args<'recordBackup'>): Result<'recordBackup'> {
    return this.store().update((controlFile) => recordBackup(controlFile, args, this.now()));
  }

  async setPieceStatus({ handles, status }: Args<'setPieceStatus'>): Result<'setPieceStatus'> {
    return this.store().update((controlFile) => setPieceStatus(controlFile, handles, status));
  }

  async uncatalogPiece({ handle }: Args<'uncatalogPiece'>): Result<'uncatalogPiece'> {
    return this.store().update((controlFile) => uncatalogPiece(controlFile, handle));
  }

  async catalogPiece(args: Args<'catalogPiece'>): Result<'catalogPiece'> {
    return this.store().update((controlFile) => catalogPiece(controlFile, args, this.now()));
  }

  async recordDataFileCopy(args: Args<'recordDataFileCopy'>): Result<'recordDataFileCopy'> {
    return this.store().update((controlFile) => recordDataFileCopy(controlFile, args, this.now()));
  }

  async setCopyStatus({ recids, status }: Args<'setCopyStatus'>): Result<'setCopyStatus'> {
    this.store().update((controlFile) => setCopyStatus(controlFile, recids, status));
    return null;
  }

  async archiveLogCurrent(_args: Args<'archiveLogCurrent'>): Result<'archiveLogCurrent'> {
    this.store();
    return this.instance.database().archiveLogCurrent(this.instance.thread);
  }

  async deleteArchivedLog({ recid }: Args<'deleteArchivedLog'>): Result<'deleteArchivedLog'> {
    const log = this.store().current.archivedLogs.find((candidate) => candidate.recid === recid);
    if (log === undefined) return false;
    const { name } = log;
    this.store().update((controlFile) => setArchivedLogStatus(controlFile, [recid], 'D'));
    if (name !== null && existsSync(name)) rmSync(name);
    if (this.instance.status === 'OPEN') this.instance.database().archiver.copyPending();
    return true;
  }

  async catalogArchivedLogs({ logs }: Args<'catalogArchivedLogs'>): Result<'catalogArchivedLogs'> {
    const recids = this.store().update((controlFile) => catalogArchivedLogs(controlFile, logs, this.now()));
    return { recids };
  }

  async setArchivedLogStatus({
    recids,
    status,
  }: Args<'setArchivedLogStatus'>): Result<'setArchivedLogStatus'> {
    return this.store().update((controlFile) => setArchivedLogStatus(controlFile, recids, status));
  }

  async snapshotControlFile(_args: Args<'snapshotControlFile'>): Result<'snapshotControlFile'> {
    const controlFile = this.store().current;
    const holder = snapshotHolders.get(this.instance.shared);
    if (holder !== undefined && holder !== this) {
      throw new OraError(ORA.snapshotBusy, 'operation disallowed: snapshot control file enqueue unavailable');
    }
    snapshotHolders.set(this.instance.shared, this);
    const path = snapshotPath(this.instance);
    writeControlFile(path, controlFile);
    return { path, scn: this.instance.identity().currentScn, at: this.now().toISOString() };
  }

  async releaseSnapshotControlFile(
    _args: Args<'releaseSnapshotControlFile'>,
  ): Result<'releaseSnapshotControlFile'> {
    if (snapshotHolders.get(this.instance.shared) === this) snapshotHolders.delete(this.instance.shared);
    return null;
  }

  async beginFileBackup({ file, level, sinceScn }: Args<'beginFileBackup'>): Result<'beginFileBackup'> {
    this.checkAlive();
    if (!this.writesTo(file)) return { ...(await this.checkpoint({ file })), changed: null };
    const database = this.instance.database();
    const { scn, at } = database.checkpoint(file);
    const tracking = database.tracking.current;
    const changed = level === 1 ? (tracking?.changedSince(file, parseScn(sinceScn)) ?? null) : null;
    tracking?.startBitmap(file, scn);
    return { scn: formatScn(scn), at: at.toISOString(), changed };
  }

  async noteCorruptBlocks({ file, examined, found }: Args<'noteCorruptBlocks'>): Result<'noteCorruptBlocks'> {
    const wasRead = ({ block, blocks }: CorruptBlock) =>
      examined.some(({ from, to }) => block <= to && block + blocks > from);
    this.store().update((controlFile) => {
      const others = (controlFile.corruptBlocks ?? []).filter(
        (known) => known.file !== file || !wasRead(known),
      );
      controlFile.corruptBlocks = [...others, ...found].slice(-CORRUPT_BLOCKS_MAX);
    });
    return null;
  }

  async beginRmanJob(args: Args<'beginRmanJob'>): Result<'beginRmanJob'> {
    return this.store().update((controlFile) => beginRmanJob(controlFile, args, this.now()));
  }

  async updateRmanJob(args: Args<'updateRmanJob'>): Result<'updateRmanJob'> {
    // Progress is not worth a write: the next transaction takes it along.
    updateRmanJob(this.store().current, args);
    return null;
  }

  async endRmanJob(args: Args<'endRmanJob'>): Result<'endRmanJob'> {
    const ended = { status: args.status, at: this.now() };
    this.store().update((controlFile) => {
      updateRmanJob(controlFile, args, ended);
    });
    return null;
  }

  async appendRmanOutput({ sid, session, lines }: Args<'appendRmanOutput'>): Result<'appendRmanOutput'> {
    const origin = {
      sid,
      stamp: stampOf(this.now()),
      sessionRecid: session.recid,
      sessionStamp: session.stamp,
    };
    this.instance.sessions.noteRmanOutput(origin, lines);
    return null;
  }

  async setBackupKeep({ recids, keepUntil }: Args<'setBackupKeep'>): Result<'setBackupKeep'> {
    this.store().update((controlFile) => {
      setBackupKeep(controlFile, recids, keepUntil);
    });
    return null;
  }

  async setRmanConfiguration({ name, value }: Args<'setRmanConfiguration'>): Result<'setRmanConfiguration'> {
    this.store().update((controlFile) => {
      setRmanConfiguration(controlFile, name, value);
    });
    return null;
  }

  async registerSession(args: Args<'registerSession'>): Result<'registerSession'> {
    this.checkAlive();
    const { username = 'SYS', processId = process.pid, ...session } = args;
    const id: SessionId = this.instance.sessions.open({ ...session, username, spid: processId }, () => {
      this.isKilled = true;
      this.onKilled(id);
    });
    this.sessions.push(id);
    return id;
  }

  async updateSession({ sid, serial, ...change }: Args<'updateSession'>): Result<'updateSession'> {
    this.instance.sessions.update({ sid, serial }, change);
    return null;
  }

  async endSession({ sid, serial }: Args<'endSession'>): Result<'endSession'> {
    this.instance.sessions.close({ sid, serial });
    return null;
  }

  async updateLongops(args: Args<'updateLongops'>): Result<'updateLongops'> {
    this.checkAlive();
    this.instance.sessions.noteOperation(args);
    return null;
  }

  async runSql({ sql }: Args<'runSql'>): Result<'runSql'> {
    this.checkAlive();
    return { message: await executeAlter(this.instance, sql) };
  }

  async query({ sql }: Args<'query'>): Result<'query'> {
    this.checkAlive();
    return queryAs(this.instance, sql);
  }

  async startup({ mode }: Args<'startup'>): Result<'startup'> {
    await this.instance.startup(mode);
    return null;
  }

  async mount(_args: Args<'mount'>): Result<'mount'> {
    this.instance.mount();
    return null;
  }

  async shutdown({ mode }: Args<'shutdown'>): Result<'shutdown'> {
    await this.instance.shutdown(mode);
    return null;
  }

  async installControlFile({ path }: Args<'installControlFile'>): Result<'installControlFile'> {
    return { controlFiles: this.instance.installControlFile(path) };
  }

  async renameDatabase(identity: Args<'renameDatabase'>): Result<'renameDatabase'> {
    checkMountedOnly(this.instance.status);
    renameDatabase(this.store(), identity);
    return null;
  }

  async setParameters({ parameters }: Args<'setParameters'>): Result<'setParameters'> {
    for (const parameter of parameters)
      this.instance.parameters.set({ ...parameter, scope: 'SPFILE', sid: '*' });
    return null;
  }

  async switchDataFile({ file, name }: Args<'switchDataFile'>): Result<'switchDataFile'> {
    const record = this.instance.dataFileRecord(file);
    if (this.instance.status === 'OPEN' && this.instance.database().files.has(file)) {
      throw new OraError(1511, `error in renaming data files: file ${file} is online`);
    }
    this.store().update(() => {
      record.name = name;
    });
    return null;
  }

  async setDataFileCheckpoints({ files }: Args<'setDataFileCheckpoints'>): Result<'setDataFileCheckpoints'> {
    const records = files.map((file) => ({ file, record: this.instance.dataFileRecord(file.file) }));
    this.store().update(() => {
      for (const { file, record } of records) {
        record.checkpointScn = file.checkpointScn;
        record.checkpointAt = file.checkpointAt;
      }
    });
    return null;
  }

  async open(args: Args<'open'>): Result<'open'> {
    return this.instance.open(args);
  }

  async workload(args: Args<'workload'>): Result<'workload'> {
    checkRange('transactions', args.transactions, TRANSACTIONS_MAX);
    checkRange('rowsPerTransaction', args.rowsPerTransaction, ROWS_PER_TRANSACTION_MAX);
    try {
      return await runWorkload(this.instance.database(), args, {
        thread: this.instance.thread,
        now: this.instance.options.now,
        signal: this.instance.shutdownSignal,
      });
    } catch (error) {
      if (!(error instanceof BrokenBlockError)) throw error;
      throw new OraError(1578, `ORACLE data block corrupted (file # ${error.file}, block # ${error.block})`);
    }
  }

  async mark(_args: Args<'mark'>): Result<'mark'> {
    const mark = await markTruth(this.instance.database(), this.instance.options.now);
    writeTruthMark(hostPaths.truth(this.instance.options.base), mark);
    return mark;
  }

  async status(_args: Args<'status'>): Result<'status'> {
    const database = this.instance.database();
    const { blocks, dirtyBlocks, bytes } = database.cache.stats();
    const records = new Map(database.store.current.dataFiles.map((record) => [record.file, record]));
    return {
      identity: this.instance.identity(),
      cache: { blocks, dirtyBlocks, bytes, bytesMax: database.cache.bytesMax },
      redo: database.redo.usage(this.instance.thread),
      dataFiles: countUsedBlocks(database).map((space) => ({
        ...space,
        name: records.get(space.file)?.name ?? '',
      })),
      sessions: this.instance.sessions.rows().length,
    };
  }

  private store() {
    this.checkAlive();
    return this.instance.store();
  }

  private now(): Date {
    return this.instance.options.now();
  }

  private checkAlive(): void {
    if (this.isKilled) throw new OraError(ORA.sessionKilled, 'your session has been killed');
  }
}

function checkRange(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new OraError(ORA.badCommand, `${name} must be a whole number from 1 to ${max}`);
  }
}
