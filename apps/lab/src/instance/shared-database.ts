/**
 * What the instances of one database share: the mounted control file and the open data files. An instance alone has one to itself;
 * the instances of a simulated cluster share one inside one process, which stands for their shared storage and global cache. Losing
 * one of them therefore loses no committed change, as with real instances after the survivors' recovery.
 */
import { mkdirSync } from 'node:fs';
import { ControlFileStore } from '../control-file/control-file-store';
import { type Database } from '../engine/database';
import { type OpenedDatabase, openDatabase } from '../engine/open-database';
import { lockDatabase } from './database-lock';
import { ORA, OraError } from './ora-error';

/** A clean shutdown waits this long for a workload or mark to reach its next pause. */
const SHUTDOWN_PATIENCE_MS = 2_000;

type OpenOptions = Omit<Parameters<typeof openDatabase>[0], 'store'>;

export class SharedDatabase {
  store: ControlFileStore | undefined;
  database: Database | undefined;
  private unlock: (() => void) | undefined;
  private readonly mounted = new Set<object>();
  private readonly opened = new Set<object>();

  /** The first instance takes the lock and reads the control file. */
  mount(
    instance: object,
    { paths, dbs, name }: { paths: readonly string[]; dbs: string; name: string },
  ): void {
    if (this.store === undefined) {
      mkdirSync(dbs, { recursive: true });
      const unlock = lockDatabase(dbs, name);
      try {
        this.store = ControlFileStore.open(paths);
      } catch (error) {
        unlock();
        throw new OraError(ORA.controlFileMissing, `control file unreadable: ${String(error)}`);
      }
      this.unlock = unlock;
    }
    this.mounted.add(instance);
  }

  get isOpen(): boolean {
    return this.database !== undefined;
  }

  /** The first instance opens the files, with instance recovery; undefined for those that find them open. */
  async open(instance: object, options: OpenOptions): Promise<OpenedDatabase['recovery'] | undefined> {
    const { store } = this;
    if (store === undefined) throw new OraError(ORA.notMounted, 'database not mounted');
    let recovery: OpenedDatabase['recovery'] | undefined;
    if (this.database === undefined) {
      const opened = await openDatabase({ ...options, store });
      this.database = opened.database;
      recovery = opened.recovery;
    }
    this.opened.add(instance);
    return recovery;
  }

  /**
   * An instance goes. The last one closes the files (cleanly, or as they are when it is aborted); of any other only its redo thread is
   * ended, so that the survivors archive what it wrote.
   */
  async leave(instance: object, { clean, thread }: { clean: boolean; thread: number }): Promise<void> {
    const { database } = this;
    const wasOpen = this.opened.delete(instance);
    if (database !== undefined && wasOpen && this.opened.size > 0) {
      if (clean) database.checkpoint();
      else database.switchLog(thread);
    } else if (database !== undefined && wasOpen) {
      this.database = undefined;
      if (clean) {
        await Promise.race([database.exclusively(async () => undefined), pause(SHUTDOWN_PATIENCE_MS)]);
        database.close();
      } else database.abandon();
    }
    this.mounted.delete(instance);
    if (this.mounted.size > 0) return;
    this.store = undefined;
    this.unlock?.();
    this.unlock = undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
