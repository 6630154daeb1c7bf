// Every pre-check of a backup there is, once: what holds when it is ok, what the run makes of it otherwise, and what to do. The agent's
// verdicts and the page of checks derive from this list.

export interface CheckSpec {
  /** What holds when it is ok. */
  readonly title: string;
  /**
   * Otherwise: `failed` ends the run before RMAN backs anything up; `ineligible` leaves the instance out, and when it is the run's own the run
   * moves to the next one; `warning` only tells.
   */
  readonly otherwise: 'failed' | 'ineligible' | 'warning';
  /** When the verdict is a milder or a harder one. */
  readonly except?: string;
  readonly hint: string;
}

export const checkCatalog = {
  // the host
  agent: {
    title: 'the agent on the host of the instance answers in time',
    otherwise: 'ineligible',
    hint: 'start adyton-agent on that host; the run goes on without the instance',
  },
  'dedup-worker': {
    title: 'the dedup-worker of the host listens on its socket',
    otherwise: 'ineligible',
    hint: 'start adyton-dedup-worker on this host',
  },
  'writer-session': {
    title: 'the dedup-worker of the run’s host opens a session that other hosts can join',
    otherwise: 'warning',
    hint: 'the run goes on without the other instances; see the log of adyton-dedup-worker',
  },
  'object-store': {
    title: 'the dedup-worker of the host can write, read and delete an object of the store',
    otherwise: 'ineligible',
    except: 'a store that denies only the delete is ok: pieces are deleted by maintenance',
    hint: 'check endpoint, credentials and network of the store from this host; the log of adyton-dedup-worker has the cause',
  },
  'clock-skew': {
    title: 'the clocks of host and object store differ by less than 5 minutes',
    otherwise: 'ineligible',
    hint: 'have the host follow NTP: stores refuse requests whose time is off',
  },
  'state-space': {
    title: 'less than 90 % of the file system of ADYTON_STATE_DIR is used',
    otherwise: 'warning',
    hint: 'make room: run files and the index cache of the dedup-worker lie there; the cache may be deleted',
  },
  'sbt-library': {
    title: 'libobk.so is there and readable',
    otherwise: 'ineligible',
    hint: 'install libobk.so where ADYTON_SBT_LIBRARY says, readable by the Oracle user',
  },
  rman: {
    title: 'rman can be executed',
    otherwise: 'ineligible',
    hint: 'correct ORACLE_HOME of the registered database',
  },
  channel: {
    title:
      'rman opens a channel on the instance as a backup does: its server process loads libobk.so, and the dedup-worker answers',
    otherwise: 'ineligible',
    except: 'it is not tried where rman, libobk.so or the dedup-worker fail their own check',
    hint: 'the last lines say what failed: ORA-27211 that the Oracle user cannot load libobk.so, ADY_SBT_ that the library does not get through to the dedup-worker or its token file, an ORA- number of a login that the listener or the password file is at fault',
  },
  // the instance
  'instance-open': {
    title: 'the instance is OPEN',
    otherwise: 'ineligible',
    hint: 'open the instance',
  },
  'background-processes': {
    title: 'pmon and lmon of the instance run',
    otherwise: 'ineligible',
    hint: 'start the instance; the agent must see the processes of the Oracle user',
  },
  'connect-descriptor': {
    title: 'the descriptor of the instance names host, port and service',
    otherwise: 'ineligible',
    hint: 'register the instance with its listener as host:port/service, and discover again',
  },
  login: {
    title: 'the descriptor leads to the instance, and the login has SYSBACKUP there',
    otherwise: 'ineligible',
    hint: 'the user of ADYTON_ORACLE_CREDENTIALS_FILE needs SYSBACKUP in the password file of each instance, and the service must lead to the instance that was asked for',
  },
  'same-database': {
    title: 'the instance belongs to the registered database',
    otherwise: 'ineligible',
    hint: 'only instances of the registered database may take part',
  },
  'base-release': {
    title: 'the instance is of the same base release as the run’s own',
    otherwise: 'ineligible',
    hint: 'finish the upgrade of that home; backups go on without the instance until then',
  },
  'release-update': {
    title: 'all instances of the cluster are of the same release update',
    otherwise: 'warning',
    hint: 'finish the rolling patch: RMAN and its channels should be of one release update',
  },
  // the database
  'archivelog-mode': {
    title: 'the database archives its redo',
    otherwise: 'failed',
    hint: 'ALTER DATABASE ARCHIVELOG in mount state',
  },
  'primary-role': {
    title: 'the database is in a role that its policy allows, which is the primary',
    otherwise: 'failed',
    hint: 'register and back up the primary: a standby is not backed up in this release',
  },
  'standard-edition': {
    title: 'the edition runs channels in parallel, or one is asked for',
    otherwise: 'warning',
    hint: 'RMAN of this edition uses one channel at a time: the backup has one, whatever was registered',
  },
  'snapshot-control-file': {
    title: 'on a cluster, the snapshot control file lies on shared storage',
    otherwise: 'failed',
    except: 'a file system whose kind is not known is a warning',
    hint: "in RMAN: CONFIGURE SNAPSHOT CONTROLFILE NAME TO '<a path all instances see>'; a cluster ends the backup of its control file with ORA-00245 otherwise",
  },
  'record-keep-time': {
    title: 'the control file keeps its records longer than it is from one full backup to the next',
    otherwise: 'warning',
    except: '0 ends the run: RMAN may overwrite the record of a piece it has just made',
    hint: 'ALTER SYSTEM SET control_file_record_keep_time: days, more than between two full backups',
  },
  'recovery-area': {
    title: 'less than 90 % of the recovery area is held by what Oracle may not reclaim',
    otherwise: 'warning',
    hint: 'back up archived logs more often or raise db_recovery_file_dest_size: at 100 % the database stops',
  },
  'rman-jobs': {
    title: 'no other RMAN has channels on the database',
    otherwise: 'warning',
    hint: 'both read the same disks, and each may see the other’s pieces: move one of them to another hour',
  },
  'change-tracking': {
    title: 'block change tracking is enabled, or the edition has none',
    otherwise: 'warning',
    hint: 'ALTER DATABASE ENABLE BLOCK CHANGE TRACKING: without it a level 1 reads every block of every file',
  },
  keystore: {
    title: 'the keystore of encrypted tablespaces is open',
    otherwise: 'warning',
    hint: 'ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN: blocks are backed up encrypted, but nothing can be read or recovered without it',
  },
  'keystore-backup': {
    title: 'the keys of encrypted tablespaces are on record as backed up outside',
    otherwise: 'warning',
    hint: 'back up the keystore apart from the database, then record it: adyton database keystore-backed-up NAME --key ID; no restore can be opened without it',
  },
  'rman-configuration': {
    title: 'nothing is configured in RMAN that would change a backup of ours',
    otherwise: 'warning',
    hint: 'nothing is to be done: our backups are as they should be, and backups by others follow their configuration as before',
  },
  // what is to be backed up
  'archived-logs': {
    title: 'every archived log since the last backup is in the vault or on disk',
    otherwise: 'failed',
    except: 'a full backup goes on with a warning: it does not need logs from before',
    hint: 'restore the log to its place, or request a full backup; points before it stay usable',
  },
  'archived-log-files': {
    title: 'every archived log that waits is there, on this host or on one whose instance takes part',
    otherwise: 'failed',
    hint: 'have LOG_ARCHIVE_DEST_n of every instance lead to shared storage; a log that is gone: CROSSCHECK ARCHIVELOG ALL, then request a full backup',
  },
  'data-files': {
    title: 'every data file can be read',
    otherwise: 'warning',
    hint: 'the backup goes without them and is partial; restore the files or drop their tablespaces',
  },
  nologging: {
    title: 'no change without redo since the last backup',
    otherwise: 'warning',
    hint: 'this backup covers them; ALTER DATABASE FORCE LOGGING prevents new ones',
  },
  'rman-records': {
    title: 'RMAN lists what the vault holds',
    otherwise: 'warning',
    hint: 'the vault lost nothing; find out who runs CROSSCHECK, DELETE or UNCATALOG on these pieces: retention belongs in Adyton',
  },
  resume: {
    title: 'what an interrupted attempt at this backup finished can be relied on, and is not read again',
    otherwise: 'warning',
    hint: 'every data file is read again; the log of the run has what RMAN said, and a verification tells what the vault holds',
  },
  'pluggable-databases': {
    title: 'no pluggable database came or went since the last backup',
    otherwise: 'warning',
    hint: 'a new one is in this backup; one that was unplugged or dropped can be restored from older recovery points only, while they are kept',
  },
} as const satisfies Record<string, CheckSpec>;

export type CheckCode = keyof typeof checkCatalog;

/** The check that says what somebody did to RMAN's own records of our pieces: the ledger makes an alert of it. */
export const RECORDS_CHECK: CheckCode = 'rman-records';
