// What ALTER SYSTEM and its relatives ask of the instance. Each method resolves when the work is done and throws an error with
// `ora` and `text` (see asOraError) when the instance refuses.

export interface SystemCommands {
  /** Switches the online log and archives it; resolves when the archived log is on disk. */
  archiveLogCurrent(): Promise<unknown>;
  switchLogfile(): Promise<unknown>;
  checkpoint(): Promise<unknown>;
  /** ORA-00030 when there is no such session. `instance` is the number behind the `@`, null for this instance. */
  killSession(target: {
    sid: number;
    serial: number;
    instance: number | null;
    immediate: boolean;
  }): Promise<unknown>;
  /** ALTER DATABASE ENABLE | DISABLE BLOCK CHANGE TRACKING. Absent: the statement is refused as not simulated. */
  setBlockChangeTracking?(change: { enabled: boolean; file: string | null }): Promise<unknown>;
  /**
   * Every other ALTER DATABASE and ALTER TABLESPACE, as text. Absent: refused as not simulated. Throws ORA-00900 when it does not know
   * the statement either.
   */
  alterOther?(sql: string): Promise<unknown>;
}
