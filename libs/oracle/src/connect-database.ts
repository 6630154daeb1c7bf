// A session in the target database as SYSBACKUP, over the Thin driver: no Oracle client is needed. It only reads, switches the log, and ends
// sessions of RMAN.
import { compareScn, type DataFileBase, type LastLevel1 } from '@adyton/domain';
import oracledb from 'oracledb';
import { checkFactsOf, type CheckFacts } from './check-facts';
import { corruptBlocksOf, type CorruptBlocks } from './corrupt-blocks';
import { type OracleCredentials } from './credentials';
import {
  type ArchivedLog,
  type BackupDataFile,
  type BackupPiece,
  type BackupRedoLog,
  type DataFile,
  type DatabaseFacts,
  type DatabaseIdentity,
  type IncrementalBases,
  type PluggableDatabase,
  type RmanSetting,
} from './database-facts';
import { oracleErrorOf } from './oracle-error';
import { QUERIES } from './queries';
import {
  clientInfoPattern,
  isSessionGone,
  killStatement,
  rmanSessionOf,
  type RmanSession,
} from './rman-sessions';
import { integer, type Row, scn, scnOrZero, text, textOrNull } from './rows';

/** One call of the database, ms: the slowest question reads a control file of some ten thousand records. */
const CALL_TIMEOUT_MS = 120_000;
/** Until somebody answers at the descriptor, ms. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Rows of one answer: more pieces or logs than a control file keeps. */
const ROWS_MAX = 200_000;
/** Rows of one round trip. */
const FETCH_ROWS = 500;

export interface ConnectOptions {
  /** Easy Connect or a full descriptor: `host:1521/service`. */
  readonly connectDescriptor: string;
  readonly credentials: OracleCredentials;
  readonly callTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

/** @throws OracleError of kind unreachable or login */
export async function connectDatabase(options: ConnectOptions): Promise<DatabaseFacts> {
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  try {
    const connection = await oracledb.getConnection({
      ...options.credentials,
      connectString: options.connectDescriptor,
      connectTimeout: Math.ceil(connectTimeoutMs / 1000),
      privilege: oracledb.SYSBACKUP,
    });
    connection.callTimeout = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
    return new ThinDatabase(connection);
  } catch (error) {
    throw oracleErrorOf(error, 'unreachable');
  }
}

class ThinDatabase implements DatabaseFacts {
  /** The driver allows one call at a time; the next one waits here. */
  private last: Promise<unknown> = Promise.resolve();
  readonly checks: CheckFacts = checkFactsOf((sql) => this.query(sql));

  constructor(private readonly connection: oracledb.Connection) {}

  async identity(): Promise<DatabaseIdentity> {
    const database = await this.one(QUERIES.database);
    const instance = await this.one(QUERIES.instance);
    const container = await this.one(QUERIES.container);
    const [spfile] = await this.query(QUERIES.spfile);
    return {
      dbid: text(database, 'DBID'),
      name: text(database, 'NAME'),
      dbUniqueName: text(database, 'DB_UNIQUE_NAME'),
      logMode: text(database, 'LOG_MODE'),
      openMode: text(database, 'OPEN_MODE'),
      role: text(database, 'DATABASE_ROLE'),
      platform: text(database, 'PLATFORM_NAME'),
      version: text(instance, 'VERSION_FULL'),
      resetlogsScn: scn(database, 'RESETLOGS_CHANGE#'),
      instanceName: text(instance, 'INSTANCE_NAME'),
      instanceStatus: text(instance, 'STATUS'),
      usesSpfile: spfile !== undefined && (textOrNull(spfile, 'VALUE') ?? '') !== '',
      currentScn: scn(database, 'CURRENT_SCN'),
      containerId: integer(container, 'CON_ID'),
    };
  }

  async instances(): Promise<string[]> {
    return (await this.query(QUERIES.instances)).map((row) => text(row, 'INSTANCE_NAME'));
  }

  async dataFiles(): Promise<DataFile[]> {
    return (await this.query(QUERIES.dataFiles)).map((row) => ({
      file: integer(row, 'FILE#'),
      name: text(row, 'NAME'),
      tablespace: text(row, 'TABLESPACE'),
      bytes: integer(row, 'BYTES'),
      blockBytes: integer(row, 'BLOCK_SIZE'),
      status: text(row, 'STATUS'),
      enabled: text(row, 'ENABLED'),
      headerError: textOrNull(row, 'HEADER_ERROR'),
      creationScn: scn(row, 'CREATION_CHANGE#'),
      checkpointScn: scn(row, 'CHECKPOINT_CHANGE#'),
      unrecoverableScn: scnOrZero(row, 'UNRECOVERABLE_CHANGE#'),
      isPluggedIn: integer(row, 'PLUGGED_IN') !== 0 || scnOrZero(row, 'PLUGIN_CHANGE#') !== '0',
      pluggable: pluggableOf(row),
    }));
  }

  async pluggableDatabases(): Promise<PluggableDatabase[]> {
    return (await this.query(QUERIES.pluggableDatabases)).map((row) => ({
      uid: text(row, 'CON_UID'),
      name: text(row, 'NAME'),
      unplugged: textOrNull(row, 'STATUS') === 'UNPLUGGED',
    }));
  }

  async incrementalBases(): Promise<IncrementalBases> {
    const rows = await this.query(QUERIES.bases);
    const bases = rows.map((row) => ({ file: integer(row, 'FILE#'), base: dataFileBase(row) }));
    const newest = [...newestByFile(bases)].map(([file, [base]]) => [file, base.checkpointScn] as const);
    return { parents: newestByFile(bases.filter(({ base }) => base.level === 0)), newest: new Map(newest) };
  }

  async rmanConfiguration(): Promise<RmanSetting[]> {
    const rows = await this.query(QUERIES.configuration);
    return rows.map((row) => ({ name: text(row, 'NAME'), value: textOrNull(row, 'VALUE') }));
  }

  async archivedLogs(): Promise<ArchivedLog[]> {
    return (await this.query(QUERIES.archivedLogs)).map((row) => ({
      ...logRange(row),
      bytes: integer(row, 'BYTES'),
      name: text(row, 'NAME'),
      ageHours: integer(row, 'AGE_HOURS'),
    }));
  }

  async archiveLogCurrent(): Promise<void> {
    await this.call(() => this.connection.execute(QUERIES.archiveLogCurrent));
  }

  async recordKeepDays(): Promise<number> {
    return integer(await this.one(QUERIES.recordKeepDays), 'VALUE');
  }

  async backupPieces(handleLike: string): Promise<BackupPiece[]> {
    const rows = await this.query(QUERIES.backupPieces, { handle_pattern: handleLike });
    return rows.map((row) => ({
      handle: text(row, 'HANDLE'),
      setStamp: integer(row, 'SET_STAMP'),
      setCount: integer(row, 'SET_COUNT'),
      status: text(row, 'STATUS'),
      bytes: integer(row, 'BYTES'),
      tag: textOrNull(row, 'TAG'),
    }));
  }

  async backupDataFiles(): Promise<BackupDataFile[]> {
    const sets = new Map<string, BackupDataFile>();
    for (const row of await this.query(QUERIES.backupDataFiles)) {
      const set = backupDataFile(row);
      const key = `${set.file}/${set.setStamp}/${set.setCount}`;
      const known = sets.get(key);
      sets.set(key, known === undefined ? set : { ...known, handles: [...known.handles, ...set.handles] });
    }
    return [...sets.values()];
  }

  async backupRedoLogs(): Promise<BackupRedoLog[]> {
    const rows = await this.query(QUERIES.backupRedoLogs);
    return rows.map((row) => ({ ...logRange(row), handle: text(row, 'HANDLE') }));
  }

  async backupConfigurations(): Promise<{ controlFiles: string[]; spfiles: string[] }> {
    const handlesOf = async (sql: string): Promise<string[]> =>
      (await this.query(sql)).map((row) => text(row, 'HANDLE'));
    return {
      controlFiles: await handlesOf(QUERIES.backupControlFiles),
      spfiles: await handlesOf(QUERIES.backupSpfiles),
    };
  }

  async recoveryAreaPercent(): Promise<number | null> {
    const [area] = await this.query(QUERIES.recoveryArea);
    const limit = area === undefined ? 0 : integer(area, 'SPACE_LIMIT');
    if (area === undefined || limit === 0) return null;
    const held = integer(area, 'SPACE_USED') - integer(area, 'SPACE_RECLAIMABLE');
    return Math.min(100, Math.max(0, Math.round((100 * held) / limit)));
  }

  async lastLevel1(): Promise<ReadonlyMap<number, LastLevel1>> {
    const last = new Map<number, LastLevel1>();
    for (const row of await this.query(QUERIES.blocksOfLevel1)) {
      const file = integer(row, 'FILE#');
      if (last.has(file)) continue;
      last.set(file, {
        bytesWritten: integer(row, 'BYTES'),
        bytesRead: integer(row, 'BYTES_READ'),
        fileBytes: integer(row, 'FILE_BYTES'),
        usedChangeTracking: textOrNull(row, 'USED_CHANGE_TRACKING') === 'YES',
      });
    }
    return last;
  }

  async corruptBlocks(): Promise<CorruptBlocks[]> {
    return (await this.query(QUERIES.corruptBlocks)).map(corruptBlocksOf);
  }

  async rmanSessions(commandId: string): Promise<RmanSession[]> {
    const binds = { command_id_pattern: clientInfoPattern(commandId) };
    return (await this.query(QUERIES.rmanSessions, binds)).map(rmanSessionOf);
  }

  async killSession(session: RmanSession): Promise<void> {
    try {
      await this.call(() => this.connection.execute(killStatement(session)));
    } catch (error) {
      if (!isSessionGone(error)) throw error;
    }
  }

  async close(): Promise<void> {
    await this.call(() => this.connection.close());
  }

  private async one(sql: string): Promise<Row> {
    const [row] = await this.query(sql);
    if (row === undefined) throw oracleErrorOf(new Error(`no row: ${sql}`), 'query');
    return row;
  }

  private async query(sql: string, binds: oracledb.BindParameters = {}): Promise<Row[]> {
    const options: oracledb.ExecuteOptions = {
      outFormat: oracledb.OUT_FORMAT_OBJECT,
      maxRows: ROWS_MAX,
      fetchArraySize: FETCH_ROWS,
      fetchTypeHandler: ({ dbType }) =>
        dbType === oracledb.DB_TYPE_NUMBER ? { type: oracledb.STRING } : undefined,
    };
    const { rows } = await this.call(() => this.connection.execute<Row>(sql, binds, options));
    return rows ?? [];
  }

  private call<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work).catch((error: unknown) => {
      throw oracleErrorOf(error, 'query');
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

/** Open to be written to, that is: only then can it get files of its own. */
function pluggableOf(row: Row): DataFile['pluggable'] {
  const uid = textOrNull(row, 'CON_UID');
  return uid === null ? null : { uid, isOpen: textOrNull(row, 'OPEN_MODE') === 'READ WRITE' };
}

function dataFileBase(row: Row): DataFileBase {
  return {
    handle: text(row, 'HANDLE'),
    level: integer(row, 'INCREMENTAL_LEVEL') === 0 ? 0 : 1,
    checkpointScn: scn(row, 'CHECKPOINT_CHANGE#'),
    deviceType: text(row, 'DEVICE_TYPE'),
  };
}

function newestByFile(
  bases: readonly { readonly file: number; readonly base: DataFileBase }[],
): ReadonlyMap<number, readonly [DataFileBase, ...DataFileBase[]]> {
  const newest = new Map<number, [DataFileBase, ...DataFileBase[]]>();
  for (const { file, base } of bases) {
    const known = newest.get(file);
    const order = known === undefined ? 1 : compareScn(base.checkpointScn, known[0].checkpointScn);
    if (order > 0) newest.set(file, [base]);
    else if (order === 0) known?.push(base);
  }
  return newest;
}

function backupDataFile(row: Row): BackupDataFile {
  const level = textOrNull(row, 'INCREMENTAL_LEVEL');
  return {
    file: integer(row, 'FILE#'),
    setStamp: integer(row, 'SET_STAMP'),
    setCount: integer(row, 'SET_COUNT'),
    level: level === null ? null : level === '0' ? 0 : 1,
    incrementalScn: scnOrZero(row, 'INCREMENTAL_CHANGE#'),
    checkpointScn: scn(row, 'CHECKPOINT_CHANGE#'),
    absoluteFuzzyScn: scnOrZero(row, 'ABSOLUTE_FUZZY_CHANGE#'),
    resetlogsScn: scn(row, 'RESETLOGS_CHANGE#'),
    handles: [text(row, 'HANDLE')],
  };
}

function logRange(
  row: Row,
): Pick<ArchivedLog, 'thread' | 'sequence' | 'resetlogsScn' | 'firstScn' | 'nextScn'> {
  return {
    thread: integer(row, 'THREAD#'),
    sequence: integer(row, 'SEQUENCE#'),
    resetlogsScn: scn(row, 'RESETLOGS_CHANGE#'),
    firstScn: scn(row, 'FIRST_CHANGE#'),
    nextScn: scn(row, 'NEXT_CHANGE#'),
  };
}
