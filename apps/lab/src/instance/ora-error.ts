/** An error with an Oracle number: the only kind of failure that crosses the instance port. */
export class OraError extends Error {
  /**
   * @param ora number without prefix, e.g. 1507 for ORA-01507
   * @param text message without the `ORA-nnnnn: ` prefix
   */
  constructor(
    readonly ora: number,
    readonly text: string,
  ) {
    super(`ORA-${String(ora).padStart(5, '0')}: ${text}`);
    this.name = 'OraError';
  }
}

/** The numbers the instance raises, by name. */
export const ORA = {
  sessionKilled: 28,
  noSuchSession: 30,
  snapshotBusy: 230,
  noCurrentLog: 258,
  recoveryNeeded: 1113,
  notStarted: 1034,
  terminated: 1092,
  notMounted: 1507,
  alreadyMounted: 1100,
  alreadyOpen: 1531,
  notOpen: 1109,
  alreadyStarted: 1081,
  resetlogsNeeded: 1589,
  inconsistent: 1194,
  controlFileMissing: 205,
  noSuchFile: 1516,
  badCommand: 900,
  internal: 600,
} as const;
