// A listener over the sample database for specs, and the unmodified Thin client of node-oracledb that logs in to it on loopback.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import oracledb from 'oracledb';
import { type ControlFile } from '../../control-file/control-file';
import { Decimal } from '../../sql/decimal';
import { createSqlEvaluator } from '../../sql/evaluator';
import { OraError } from '../../sql/ora-error';
import { type SystemCommands } from '../../sql/system-commands';
import { type Table } from '../../sql/table';
import { type SqlValue } from '../../sql/value';
import { databaseTables } from '../../views/database-tables';
import { SAMPLE_NOW, sampleControlFile, sampleLiveState } from '../../views/testing/sample-database';
import { type RunningListener, startListener } from '../listener';
import { createPasswordFile, readPasswordFile } from '../password-file';
import { type ListenerOptions, type StatementRequest } from '../service';

export const PASSWORD = 'Lab_password_1';
export const backupUser = { user: 'c##adyton', password: PASSWORD, privilege: oracledb.SYSBACKUP };

/** A table of 500 rows beside the views. */
const NUMBERS: Table = {
  name: 'NUMBERS',
  columns: [
    { name: 'N', type: 'NUMBER', sizeBytes: 22, nullable: false },
    { name: 'TEXT', type: 'VARCHAR2', sizeBytes: 4000, nullable: true },
  ],
  rows: () =>
    Array.from({ length: 500 }, (_, i): SqlValue[] => [
      Decimal.of(i + 1),
      i % 7 === 0 ? null : `row ${i + 1}`,
    ]),
};

/** What differs from one spec to another. */
interface Sample {
  controlFile?: () => ControlFile;
  commands?: Partial<SystemCommands>;
}

export class ThinLab {
  readonly faults: unknown[] = [];
  /** Attributes that clients set of their sessions. */
  readonly attributes: unknown[] = [];
  openSessions = 0;
  lastSid = 100;
  /** Log switches that were asked for. */
  switches = 0;
  private readonly running: RunningListener[] = [];
  private readonly kills = new Map<string, AbortController>();
  private started: RunningListener | undefined;

  private constructor(
    readonly folder: string,
    private readonly sample: Sample,
  ) {}

  static async create(sample: Sample = {}): Promise<ThinLab> {
    const lab = new ThinLab(await mkdtemp(join(tmpdir(), 'lab-listener-')), sample);
    await createPasswordFile(lab.passwordFile, [
      { name: 'SYS', password: PASSWORD, privileges: ['SYSDBA', 'SYSOPER'] },
      { name: 'c##adyton', password: PASSWORD, privileges: ['SYSBACKUP'] },
      { name: 'scott', password: 'Tiger_1', privileges: ['CREATE SESSION'] },
      { name: 'mon', password: 'Mon_1', privileges: ['CREATE SESSION', 'SELECT_CATALOG_ROLE'] },
    ]);
    lab.started = await lab.start();
    return lab;
  }

  get passwordFile(): string {
    return join(this.folder, 'orapwORCL.json');
  }

  /** Port of the listener that was started first. */
  get port(): number {
    return this.started?.port ?? 0;
  }

  at(port = this.port, service = 'orcl'): string {
    return `127.0.0.1:${port}/${service}`;
  }

  /** Another listener over the same database. */
  async start(overrides: Partial<ListenerOptions> = {}): Promise<RunningListener> {
    const listener = await startListener(this.options(overrides));
    this.running.push(listener);
    return listener;
  }

  async closeListeners(): Promise<void> {
    for (const listener of this.running.splice(0)) await listener.close();
  }

  async remove(): Promise<void> {
    await this.closeListeners();
    await rm(this.folder, { recursive: true });
  }

  /** As the backup user unless told otherwise. */
  login(extra: oracledb.ConnectionAttributes = {}): Promise<oracledb.Connection> {
    return oracledb.getConnection({ ...backupUser, connectString: this.at(), ...extra });
  }

  async withConnection<T>(use: (c: oracledb.Connection) => Promise<T>): Promise<T> {
    const connection = await this.login();
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  }

  options(overrides: Partial<ListenerOptions> = {}): ListenerOptions {
    const { controlFile = sampleControlFile, commands = {} } = this.sample;
    const views = databaseTables({ controlFile, live: sampleLiveState(), now: () => SAMPLE_NOW });
    const evaluator = createSqlEvaluator({
      tables: (name) => (name === 'NUMBERS' ? NUMBERS : views(name)),
      now: () => SAMPLE_NOW,
      commands: { ...this.commands(), ...commands },
    });
    return {
      ...{ host: '127.0.0.1', port: 0, service: { names: ['orcl'], sids: ['ORCL'] } },
      users: () => readPasswordFile(this.passwordFile),
      instance: {
        ...{ instanceName: 'ORCL', dbName: 'ORCL', dbUniqueName: 'orcl_lab', versionFull: '19.21.0.0.0' },
      },
      execute: (request: StatementRequest) => evaluator.execute(request),
      openSession: () => this.openSession(),
      onFault: (error) => this.faults.push(error),
      ...overrides,
    };
  }

  private commands(): SystemCommands {
    return {
      archiveLogCurrent: async () => (this.switches += 1),
      // Stands for a statement that takes longer than anybody waits.
      switchLogfile: () => new Promise(() => undefined),
      checkpoint: async () => {
        throw Object.assign(new Error('from the instance'), { ora: 1109, text: 'database not open' });
      },
      killSession: async ({ sid, serial }) => {
        const session = this.kills.get(`${sid},${serial}`);
        if (session === undefined) throw new OraError(30, 'User session ID does not exist.');
        session.abort();
      },
    };
  }

  private openSession(): ReturnType<ListenerOptions['openSession']> {
    this.openSessions += 1;
    this.lastSid += 1;
    const id = { sid: this.lastSid, serial: 7 };
    const kill = new AbortController();
    this.kills.set(`${id.sid},${id.serial}`, kill);
    let open = true;
    const close = (): void => {
      this.openSessions -= open ? 1 : 0;
      open = false;
    };
    return { id, killed: kill.signal, update: (change) => this.attributes.push(change), close };
  }
}

/** What a call failed with: code, number and offset, as an application sees them. */
export async function failure(
  call: Promise<unknown>,
): Promise<Pick<Partial<oracledb.DBError>, 'code' | 'errorNum' | 'offset'> & { message: string }> {
  const error: unknown = await call.then(
    () => new Error('no failure'),
    (e: unknown) => e,
  );
  const { code, errorNum, offset, message } = error as oracledb.DBError;
  return { code, errorNum, offset, message };
}
