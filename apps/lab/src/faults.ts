/**
 * Failures of the simulated host by name. An armed fault is one entry of `<base>/lab/faults.json`; whoever comes to its
 * stage claims it, and a fault that has struck as often as it was armed for is spent. Every name makes one documented error
 * stack; the real conditions behind many of them (a deleted log, a damaged block) can also be made by hand.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where a fault strikes; `media` faults strike at the call of the library that they name. */
type FaultStage =
  | 'target-connect'
  | 'target-session'
  | 'interrupt'
  | 'channel-connect'
  | 'channel-session'
  | 'library-load'
  | 'media'
  | 'backup-plan'
  | 'read-data-file'
  | 'read-archived-log'
  | 'snapshot-control-file'
  | 'restore-plan'
  | 'recover'
  | 'maintenance'
  | 'delete-archived-log';

interface FaultSpec {
  stage: FaultStage;
  about: string;
  /** The error stack; empty: made at the stage itself, with the names of files in it. */
  lines: readonly string[];
}

const CHANNEL_OPEN = [
  'RMAN-12001: could not open channel ${channel}',
  'RMAN-10008: could not create channel context',
  'RMAN-10003: unable to connect to target database',
];
const TARGET = [
  'RMAN-00554: initialization of internal recovery manager package failed',
  'RMAN-04005: error from target database: ',
];

/** All faults by name. `${channel}`, `${file}` and `${path}` are filled in where the fault strikes. */
export const FAULTS = {
  'target-bad-password': {
    stage: 'target-connect',
    about: 'the login of rman itself is refused',
    lines: [...TARGET, 'ORA-01017: invalid username/password; logon denied'],
  },
  'target-no-privilege': {
    stage: 'target-connect',
    about: 'the login lacks SYSDBA and SYSBACKUP',
    lines: [...TARGET, 'ORA-01031: insufficient privileges'],
  },
  'target-not-available': {
    stage: 'target-connect',
    about: 'the instance cannot be reached',
    lines: [...TARGET, 'ORA-01034: ORACLE not available'],
  },
  'target-no-service-name': {
    stage: 'target-connect',
    about: 'the environment names no instance',
    lines: [...TARGET, 'ORA-12162: TNS:net service name is incorrectly specified'],
  },
  'target-lost': {
    stage: 'target-session',
    about: 'the session of rman itself dies during a command',
    lines: [],
  },
  'interrupt-ignored': {
    stage: 'interrupt',
    about: 'rman goes on in spite of SIGINT',
    lines: [],
  },
  'channel-no-listener': {
    stage: 'channel-connect',
    about: 'nobody listens where a channel connects',
    lines: [...CHANNEL_OPEN, 'ORA-12541: TNS:no listener'],
  },
  'channel-no-service': {
    stage: 'channel-connect',
    about: 'the listener does not know the service of a channel',
    lines: [
      ...CHANNEL_OPEN,
      'ORA-12514: TNS:listener does not currently know of service requested in connect descriptor',
    ],
  },
  'channel-no-alias': {
    stage: 'channel-connect',
    about: 'nobody knows the net service name of a channel',
    lines: [...CHANNEL_OPEN, 'ORA-12154: TNS:could not resolve the connect identifier specified'],
  },
  'channel-bad-password': {
    stage: 'channel-connect',
    about: 'the login of a channel is refused',
    lines: [...CHANNEL_OPEN, 'ORA-01017: invalid username/password; logon denied'],
  },
  'channel-lost': {
    stage: 'channel-session',
    about: 'the server process of a channel dies at its next media block',
    lines: [],
  },
  'sbt-load': { stage: 'library-load', about: 'dlopen of the library fails', lines: [] },
  'sbt-symbols': { stage: 'library-load', about: 'the library lacks an entry point', lines: [] },
  'sbt-context': {
    stage: 'library-load',
    about: 'the library asks for a context of a wrong size',
    lines: [],
  },
  'sbt-init': { stage: 'library-load', about: 'sbtinit fails', lines: [] },
  'sbt-init2': { stage: 'media', about: 'sbtinit2 fails', lines: [] },
  'sbt-backup': { stage: 'media', about: 'sbtbackup fails', lines: [] },
  'sbt-write2': { stage: 'media', about: 'sbtwrite2 fails', lines: [] },
  'sbt-close2': { stage: 'media', about: 'sbtclose2 fails', lines: [] },
  'sbt-restore': { stage: 'media', about: 'sbtrestore fails', lines: [] },
  'sbt-read2': { stage: 'media', about: 'sbtread2 fails in the middle of a piece', lines: [] },
  'sbt-info2': { stage: 'media', about: 'sbtinfo2 fails', lines: [] },
  'sbt-not-found': { stage: 'media', about: 'sbtinfo2 does not find a piece', lines: [] },
  'sbt-remove2': { stage: 'media', about: 'sbtremove2 fails', lines: [] },
  'sbt-command': { stage: 'media', about: 'sbtcommand (SEND) fails', lines: [] },
  'sbt-end': { stage: 'media', about: 'sbtend fails', lines: [] },
  'archived-log-lost': {
    stage: 'backup-plan',
    about: 'an archived log is not where its record says',
    lines: [],
  },
  noarchivelog: {
    stage: 'backup-plan',
    about: 'an open database that does not archive is backed up',
    lines: ['ORA-19602: cannot backup or copy active file in NOARCHIVELOG mode'],
  },
  'encryption-needs-osb': {
    stage: 'backup-plan',
    about: 'encryption is on for a tape channel',
    lines: ['ORA-19919: encrypted backups to tertiary storage require Oracle Secure Backup'],
  },
  'wallet-closed': {
    stage: 'backup-plan',
    about: 'the keystore is not open',
    lines: ['ORA-19914: unable to encrypt backup', 'ORA-28365: wallet is not open'],
  },
  'corrupt-block': {
    stage: 'read-data-file',
    about: 'a data file has a corrupt block',
    lines: ['ORA-19566: exceeded limit of 0 corrupt blocks for file ${path}'],
  },
  'corrupt-block-in-sql': {
    stage: 'read-data-file',
    about: 'the dictionary meets a corrupt block',
    lines: [
      'ORA-01578: ORACLE data block corrupted (file # ${file}, block # 131)',
      "ORA-01110: data file ${file}: '${path}'",
    ],
  },
  'recovery-area-full': {
    stage: 'snapshot-control-file',
    about: 'the recovery area has no room',
    lines: [
      'ORA-19809: limit exceeded for recovery files',
      'ORA-19804: cannot reclaim 52428800 bytes disk space from 68719476736 bytes limit',
    ],
  },
  'snapshot-busy': {
    stage: 'snapshot-control-file',
    about: 'another backup holds the snapshot control file',
    lines: ['ORA-00230: operation disallowed: snapshot control file enqueue unavailable'],
  },
  'snapshot-not-shared': {
    stage: 'snapshot-control-file',
    about: 'the snapshot control file of a RAC is not on shared storage',
    lines: ['ORA-00245: control file backup failed; in Oracle RAC, target might not be on shared storage'],
  },
  'no-backup-found': {
    stage: 'restore-plan',
    about: 'no backup of a data file can be used',
    lines: [
      'RMAN-06026: some targets not found - aborting restore',
      'RMAN-06023: no backup or copy of datafile ${file} found to restore',
    ],
  },
  'until-before-resetlogs': {
    stage: 'restore-plan',
    about: 'the target time is before the last RESETLOGS',
    lines: ['RMAN-20207: UNTIL TIME or RECOVERY WINDOW is before RESETLOGS time'],
  },
  'log-backup-missing': {
    stage: 'recover',
    about: 'a log that recovery needs was never backed up',
    lines: [
      'RMAN-06053: unable to perform media recovery because of missing log',
      'RMAN-06025: no backup of archived log for thread 2 with sequence 312370 and starting SCN of 48211903 found to restore',
    ],
  },
  'log-unknown': {
    stage: 'recover',
    about: 'recovery asks for a log nobody knows',
    lines: [
      'RMAN-06054: media recovery requesting unknown archived log for thread 1 with sequence 42 and starting SCN of 48211903',
    ],
  },
  'no-maintenance-channel': {
    stage: 'maintenance',
    about: 'a maintenance command has no channel',
    lines: ['RMAN-06091: no channel allocated for maintenance (of an appropriate type)'],
  },
  'log-needed-by-standby': {
    stage: 'delete-archived-log',
    about: 'a log is kept for a standby or capture process (a warning)',
    lines: ['RMAN-08137: warning: archived log not deleted, needed for standby or upstream capture process'],
  },
  'log-not-applied': {
    stage: 'delete-archived-log',
    about: 'a log is kept because a standby has not applied it (a warning)',
    lines: ['RMAN-08120: warning: archived log not deleted, not yet applied by standby'],
  },
} as const satisfies Record<string, FaultSpec>;

export type FaultName = keyof typeof FAULTS;

export interface ArmedFault {
  name: FaultName;
  /** Strikes this often, then is spent. */
  times: number;
  /** Only on this channel, only for pieces or files whose name contains the text. */
  channel?: string;
  match?: string;
  /** What the media manager says; for media faults. */
  text?: string;
}

type StoredFault = ArmedFault & { id: string };

/** Most strikes of one armed fault. */
const TIMES_MAX = 10_000;

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

function faultsPath(base: string): string {
  return join(base, 'lab', 'faults.json');
}

/** The armed faults, spent ones included. */
export function armedFaults(base: string): StoredFault[] {
  const path = faultsPath(base);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StoredFault[]) : [];
}

/** Adds one fault. Throws RangeError for a number of times that is none. */
export function armFault(base: string, fault: ArmedFault): void {
  if (!Number.isSafeInteger(fault.times) || fault.times < 1 || fault.times > TIMES_MAX) {
    throw new RangeError(`a fault strikes 1 to ${TIMES_MAX} times`);
  }
  store(base, [...armedFaults(base), { ...fault, id: randomBytes(8).toString('hex') }]);
}

/** Takes back the faults of this name, or all. */
export function disarmFaults(base: string, name?: FaultName): void {
  store(base, name === undefined ? [] : armedFaults(base).filter((fault) => fault.name !== name));
}

function store(base: string, faults: StoredFault[]): void {
  const path = faultsPath(base);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.next`, JSON.stringify(faults, null, 2) + '\n');
  renameSync(`${path}.next`, path);
  if (faults.length === 0) rmSync(join(dirname(path), 'struck'), { recursive: true, force: true });
}

/** Takes one strike of a fault that fits, so that no two processes take the same; undefined: nothing goes wrong here. */
export function claimFault(
  base: string,
  name: FaultName,
  where: { channel?: string; subject?: string } = {},
): ArmedFault | undefined {
  return armedFaults(base).find(
    (fault) =>
      fault.name === name &&
      (fault.channel === undefined || fault.channel === where.channel) &&
      (fault.match === undefined || (where.subject ?? '').includes(fault.match)) &&
      takeStrike(base, fault),
  );
}

/** A directory per strike: making it succeeds once only. */
function takeStrike(base: string, { id, times }: StoredFault): boolean {
  const struck = join(base, 'lab', 'struck');
  mkdirSync(struck, { recursive: true });
  for (let i = 0; i < times; i++) {
    if (existsSync(join(struck, `${id}.${i}`))) continue;
    if (tryMake(join(struck, `${id}.${i}`))) return true;
  }
  return false;
}

function tryMake(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (existsSync(path)) return false;
    throw error;
  }
}

/** The stack of a fault with its blanks filled in. */
export function faultLines(name: FaultName, values: Record<string, string> = {}): string[] {
  return FAULTS[name].lines.map((line) =>
    line.replace(/\$\{(\w+)\}/g, (_whole, key: string) => values[key] ?? ''),
  );
}

/** The faults of a stage, in the order of the list. */
export function faultsAt(stage: FaultStage): FaultName[] {
  return (Object.keys(FAULTS) as FaultName[]).filter((name) => FAULTS[name].stage === stage);
}
