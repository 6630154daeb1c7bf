/**
 * Failures of RMAN by name: where each strikes, and the documented error stack that it makes. The real conditions behind many of them (a
 * deleted log, a damaged block) can also be made by hand.
 */

/** Where a fault strikes; `media` faults strike at the call of the library that they name. */
export type FaultStage =
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
/** rman has lost its own session, and can do nothing more. */
const FATAL = [
  'RMAN-00601: fatal error in recovery manager',
  'RMAN-03004: fatal error during execution of command',
  'RMAN-10038: database session for channel default terminated unexpectedly',
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
  'target-lost-in-connect': {
    stage: 'target-connect',
    about: 'the session of rman itself dies while it connects',
    lines: [
      'RMAN-00601: fatal error in recovery manager',
      'RMAN-03010: fatal error during library cache pre-loading',
      'RMAN-10038: database session for channel default terminated unexpectedly',
      'ORA-03113: end-of-file on communication channel',
    ],
  },
  'target-lost': {
    stage: 'target-session',
    about: 'the session of rman itself dies during a command',
    lines: [...FATAL, 'ORA-03113: end-of-file on communication channel'],
  },
  'target-not-connected': {
    stage: 'target-session',
    about: 'the session of rman itself turns out to be dead when a command asks it',
    lines: [...FATAL, 'ORA-03114: not connected to ORACLE'],
  },
  'target-contact-lost': {
    stage: 'target-session',
    about: 'the network gives the session of rman itself up during a command',
    lines: [...FATAL, 'ORA-03135: connection lost contact'],
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
