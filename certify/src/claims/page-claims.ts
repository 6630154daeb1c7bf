// The behaviours of the lab that its pages list, by table. A row may hold several marks; nobody has confirmed any of it on a real host, except
// where `proven.ts` says so.
import { type Claim } from './claim';

export const LISTENER_CLAIMS: readonly Claim[] = [
  {
    what: 'TNS packets, login (12C verifier), execute, fetch, re-execute, binds, break and reset, call time-outs',
    sure: 'A',
    from: 'the published source of `oracledb` 26 in Thin mode, which the specs run unmodified against the listener',
  },
  {
    what: 'PL/SQL blocks: `:bind := expr`, `SELECT … INTO`, `EXECUTE IMMEDIATE`, `DBMS_APPLICATION_INFO`, `DBMS_SESSION.SET_IDENTIFIER`; IN, OUT and IN OUT binds',
    sure: 'A for the wire, C for ORA-06550, 06502, 01403, 01422',
    from: 'the same; PL/SQL Language Reference',
  },
  {
    what: 'TCPS with a wallet',
    sure: 'A',
    from: 'the same client; the certificate is self-signed',
  },
  {
    what: 'refusals: 12514 unknown service or instance down, 12505 SID, 12516 no handler, 12528 NOMOUNT, 1033 not open, 1089 closing, 257 archiver stuck, 1017, 28000, 28009, 1045, 28',
    sure: 'C',
    from: 'Database Error Messages; the mapping to NJS codes is A',
  },
  {
    what: 'views and their columns',
    sure: 'C',
    from: 'Database Reference 19c; columns no query here needs may be missing',
  },
  {
    what: 'the evaluator: joins, subqueries, aggregates, set operators, conversions, NULLs, error numbers with byte offsets',
    sure: 'C',
    from: 'SQL Language Reference; [`test/lab/product-queries.spec.ts`](../test/lab/product-queries.spec.ts) runs every statement of the product and a reworded variant of each',
  },
];

export const FILES_CLAIMS: readonly Claim[] = [
  {
    what: 'block header, tail, checksum; block sizes 2 to 32 KiB; file header (block 1)',
    sure: 'A',
    from: 'published dumps; the checksum is reproduced from one',
  },
  {
    what: 'bigfile addresses (32 bits of block number, relative file 1024)',
    sure: 'C',
    from: 'Database Concepts',
  },
  {
    what: 'never used, formerly used and used blocks; SBT backups leave out only the first',
    sure: 'A',
    from: "Backup and Recovery User's Guide and several write-ups",
  },
  {
    what: 'row contents, space map layout, redo records',
    sure: 'own',
    from: "the numbers that matter outside (SCN, sequence, thread, sizes) are Oracle's",
  },
  {
    what: '`CREATE TABLESPACE` and `ALTER TABLESPACE … ADD DATAFILE` with a name and a size, in the root; the creation is redo, with the SCN of `CREATION_CHANGE#`',
    sure: 'C; that this redo is the space map of the file, own',
    from: 'SQL Language Reference, Database Reference',
  },
  {
    what: 'redo and archived-log block headers',
    sure: 'A',
    from: 'two published readers of redo',
  },
  {
    what: 'containers: the same relative file numbers in each, `CON_ID`, `V$PDBS`, `DBA_PDBS`, `CDB_` views, a service per pluggable database; `CREATE` (from the seed), `ALTER … OPEN, CLOSE, UNPLUG`, `DROP PLUGGABLE DATABASE`',
    sure: 'C',
    from: "Multitenant Administrator's Guide. Not there: views restricted to a pluggable database, the XML of an unplugged one, redo that makes its files",
  },
  {
    what: 'encrypted tablespaces: clear header, a payload without patterns, flag 0x10',
    sure: 'C',
    from: 'only compression and deduplication depend on it; there is no key and no keystore file',
  },
  {
    what: '`ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN, CLOSE`, `SET KEY`; `V$ENCRYPTION_WALLET`, `V$ENCRYPTED_TABLESPACES` with `MASTERKEYID`',
    sure: 'C',
    from: 'Advanced Security Guide; one keystore for all containers, no password is checked, and a closed one keeps nobody from reading',
  },
  {
    what: 'the edition in `V$VERSION`, `V$INSTANCE.PARALLEL`, releases that differ between instances',
    sure: 'C',
    from: 'Database Reference 19c; banners as published by administrators',
  },
  {
    what: 'block change tracking: 32 KiB chunks, 8 bitmaps per file, then the whole file is read',
    sure: 'C',
    from: "Backup and Recovery User's Guide; file layout is own",
  },
  {
    what: 'recovery area with a limit: backed-up logs make room, then ORA-16038, 19809, 19804, and ORA-00257 for ordinary users',
    sure: 'C',
    from: "Administrator's Guide. A real session that needs a free log waits; here it fails with ORA-00257",
  },
  {
    what: 'NOARCHIVELOG, `LOG_ARCHIVE_DEST_1`, `ALTER SYSTEM SET … SCOPE … SID`',
    sure: 'C',
    from: 'the same',
  },
  {
    what: 'physical standby: a role, mounted only; no redo is shipped',
    sure: 'C',
    from: 'enough for role checks, nothing more',
  },
  {
    what: 'changes without redo (`labctl workload --nologging`): blocks at once in the files, nothing in the redo, `UNRECOVERABLE_CHANGE#`',
    sure: 'C',
    from: "Backup and Recovery User's Guide; recovery leaves such blocks as they were, where Oracle marks them corrupt",
  },
  {
    what: '`DATAFILE … OFFLINE` (status RECOVER), `TABLESPACE … OFFLINE` (OFFLINE, DISABLED), `READ ONLY`, `READ WRITE`; a missing file stops BACKUP with RMAN-06056; RECOVER DATABASE passes offline and read-only files over',
    sure: 'C',
    from: 'SQL Language Reference, Backup and Recovery Reference',
  },
  {
    what: 'RESETLOGS and incarnations',
    sure: 'C',
    from: "Backup and Recovery User's Guide",
  },
];

export const CLUSTER_CLAIMS: readonly Claim[] = [
  {
    what: "losing pmon loses the instance, its sessions and its channels' server processes; the others go on and archive its thread",
    sure: 'C',
    from: 'Real Application Clusters Administration Guide',
  },
  {
    what: 'recovery needs the logs of all threads, in SCN order',
    sure: 'A',
    from: 'several published readers of redo',
  },
  {
    what: '`ALTER SYSTEM ARCHIVE LOG CURRENT` ends the logs of all threads, closed ones too',
    sure: 'C',
    from: 'SQL Language Reference',
  },
  {
    what: 'ORA-00245 when the snapshot control file is not on shared storage (`oradata` or `fra` of the cluster)',
    sure: 'C',
    from: 'Database Error Messages',
  },
  {
    what: '`srvctl status\\|config database`, `olsnodes`, `crsctl check`, `crsctl stat res`',
    sure: 'B',
    from: 'outputs published by administrators, one or two of each',
  },
  {
    what: "RMAN's channels on each instance, and what their loss shows by phase",
    sure: 'C',
    from: '[lab/rman.md](lab/rman.md#channels-of-a-cluster) names it line by line',
  },
  {
    what: '`lsnrctl status`: one endpoint, one service, one instance',
    sure: 'B',
    from: 'outputs published by administrators',
  },
  {
    what: 'how long a survivor needs to notice, what a client sees meanwhile',
    sure: 'own',
    from: 'here at once; a real cluster takes seconds to a minute',
  },
];

/** `what` is empty where a row goes on with the subject above. */
export const RMAN_CLAIMS: readonly Claim[] = [
  {
    subject: 'level 1 parents',
    what: 'per data file the newest level 0 or 1 (CUMULATIVE: level 0) of the incarnation whose pieces are all AVAILABLE, whoever made it, on tape or disk, as a set or an image copy that was made as a level 0, also from a command that failed later',
    sure: 'C',
  },
  {
    what: 'an EXPIRED or UNAVAILABLE base is no parent',
    sure: 'C, and the point most worth a real look',
  },
  {
    what: "without a parent: blocks changed since the file's creation, as level 1, with `no parent backup or copy of datafile n found`",
    sure: "C; Oracle's documents disagree",
  },
  {
    subject: 'FILESPERSET',
    what: 'the smaller of its value (64) and files divided by channels; sets of one block size; the largest file first into the smallest set',
    sure: 'first half A, balancing L',
  },
  {
    subject: 'multiplexing',
    what: 'up to MAXOPENFILES (8) files of a set are read in turn, a mebibyte of blocks each',
    sure: 'principle A, run length L',
  },
  {
    subject: 'SECTION SIZE',
    what: "one set, a piece per section, over the channels; at most 256 sections; not with MAXPIECESIZE (`LAB-00002`: Oracle's number is not known)",
    sure: 'A, refusal C',
  },
  {
    subject: 'MAXPIECESIZE',
    what: 'data files go on in the next piece at any block; an archived log is never cut (L): a log larger than the limit makes a larger piece',
    sure: 'C',
  },
  {
    subject: 'COPIES',
    what: 'every copy through an SBT context of its own, as I/O slaves have; the next copy, then an older backup, serves a restore that cannot read one (`failover to previous backup`)',
    sure: 'C',
  },
  {
    subject: 'a set that fails',
    what: 'its finished pieces are removed, the open one is closed with the abort flag, nothing is recorded',
    sure: 'C',
  },
  {
    subject: 'control file with file 1',
    what: 'a set of its own behind the files, with the FORMAT of the specification, when AUTOBACKUP is off',
    sure: 'C',
  },
  {
    subject: 'autobackup',
    what: 'after each successful BACKUP, untagged, format of SET, else CONFIGURE, else `%F`',
    sure: 'A name, C moment: a real RUN block may make one at its end only',
  },
  {
    subject: 'OPTIMIZATION',
    what: 'skips archived logs with enough copies, and read-only or offline files with one copy more than the redundancy',
    sure: 'C',
  },
  {
    subject: 'EXCLUDE, SKIP, NOT BACKED UP',
    what: "leave files out, each with RMAN's line",
    sure: 'B',
  },
  {
    subject: 'MAXSETSIZE',
    what: 'a data file or log larger than it fails the command (RMAN-06183, 06182); what BACKUP says goes before what is configured',
    sure: 'C',
  },
  {
    subject: 'ENCRYPTION',
    what: 'on a tape channel ORA-19919; on disk `LAB-00001`',
    sure: 'A',
  },
  {
    subject: 'COMPRESSED',
    what: 'pieces are deflated behind their header: the stream changes everywhere when one block does',
    sure: 'principle A, bytes L',
  },
  {
    subject: 'CROSSCHECK',
    what: 'look-ups of up to 450 names; a look-up that fails changes no record',
    sure: 'C',
  },
  {
    subject: 'DELETE',
    what: 'looks up first; a mismatch stays with RMAN-06207 to 06214 unless FORCE, which also drops the record of what sbtinfo2 or sbtremove2 refuse',
    sure: 'C',
  },
  {
    subject: 'OBSOLETE',
    what: 'sets and image copies older than the base the policy needs, logs older than every such base; KEEP is respected',
    sure: 'C',
  },
  {
    subject: 'image copies',
    what: 'AS COPY, or configured for the disk: a file like its data file, recorded in `V$DATAFILE_COPY`; without FORMAT `data-D-…_id-…_TS-…_FNO-…_…` in the recovery area; archived logs `LAB-00001`, on tape `LAB-00002`',
    sure: 'C; control file and spfile beside them are backup sets, L',
  },
  {
    what: 'RESTORE takes the newest of sets and copies, of the same checkpoint the copy; a copy needs a channel of the disk',
    sure: 'B',
  },
  {
    what: 'FOR RECOVER OF COPY WITH TAG makes the copy where there is none, else a level 1 on it; RECOVER COPY applies every level 1 it can, and records what the copy has become',
    sure: 'B; output in part from memory',
  },
  {
    what: 'SWITCH TO COPY: the newest copy becomes the data file, the data file a copy; without one RMAN-06571',
    sure: 'C',
  },
  {
    subject: 'RESTORE without a backup',
    what: 'a data file that a statement added is made empty (`creating datafile file number=…`), and RECOVER fills it with the redo since its creation; UNTIL before that is RMAN-06023',
    sure: 'C; RMAN-06023 there, L',
  },
  {
    subject: 'DUPLICATE',
    what: 'from backups, target and auxiliary connected, NOMOUNT (RMAN-05500), DB_NAME as commanded (05520); names by SET NEWNAME, DB_FILE_NAME_CONVERT, conflicts RMAN-05001; without UNTIL as far as the archived logs go (none: 05541); new DBID, RESETLOGS, nothing on record of backups',
    sure: 'C; the control file is taken from the target, not from its backup, L',
  },
  {
    what: 'FROM ACTIVE DATABASE: image copies by channels of the target, then its current log; FOR STANDBY: same DBID, mounted, recovered with DORECOVER, a DB_NAME of its own is ORA-01103; BACKUP LOCATION without a target, no control file there RMAN-05579; errors below RMAN-05501, 03015',
    sure: 'B; that the standby reads archived logs where the target has them, L',
  },
  {
    what: 'SKIP TABLESPACE, SKIP READONLY: not in the new control file',
    sure: 'C; Oracle keeps read-only ones on record, offline',
  },
  {
    subject: 'restore points',
    what: 'CREATE and DROP RESTORE POINT (ORA-38778, 38779, 38780), `V$RESTORE_POINT`, LIST; UNTIL and TO RESTORE POINT end behind the change with its SCN',
    sure: 'C; a guaranteed one only says so, there is no flashback',
  },
  {
    subject: 'CATALOG START WITH, RECOVERY AREA',
    what: 'pieces, archived logs and image copies by their own headers; what is none RMAN-07517, of another database 07518',
    sure: 'B; nobody is asked whether to, L',
  },
  {
    subject: 'STARTUP, MOUNT, SHUTDOWN',
    what: 'STARTUP leaves an instance that outlives RMAN, whatever MOUNT and OPEN come to; one that runs already is taken as it is, with `database is already started`; a restored control file is of type BACKUP and lists what it listed when it was backed up, until OPEN RESETLOGS (ORA-01589)',
    sure: 'C; A for `database is already started`; that it starts without a parameter file, L',
  },
  {
    subject: 'RESTORE CONTROLFILE',
    what: 'without TO it writes to every place that CONTROL_FILES names, over whatever lies there; `V$PARAMETER2` shows these places from NOMOUNT on',
    sure: 'C',
  },
  {
    subject: 'RESTORE … FROM AUTOBACKUP',
    what: 'names of `%F`, seven days back, 256 sequences a day from the highest down, one look-up a day',
    sure: 'C',
  },
  {
    subject: 'record keep time',
    what: 'a full section of the control file reuses its oldest record when that is older than the keep time (7 days), else it grows to a bound',
    sure: 'B; the sizes of the sections are L',
  },
  {
    subject: 'block change tracking',
    what: 'a level 0 or 1 begins a bitmap of the file; a level 1 reads what the bitmaps since its parent name, `USED_CHANGE_TRACKING` YES',
    sure: 'C',
  },
  {
    subject: 'corrupt blocks',
    what: 'read again up to 200 times, then `ORA-19566` above MAXCORRUPT; below it marked (SEQ 255) in the piece and in `V$BACKUP_CORRUPTION`; what was found is in `V$DATABASE_BLOCK_CORRUPTION` until the block is read whole again',
    sure: 'A text, C the rest',
  },
  {
    subject: 'VALIDATE of damaged files',
    what: 'reads to the end, exit 0, `List of Datafiles` with FAILED and `validate found one or more corrupt blocks`',
    sure: 'B; without the counts by type of block',
  },
  {
    subject: 'PLUGGABLE DATABASE, `pdb:tablespace`',
    what: 'BACKUP, RESTORE, RECOVER, LIST, SKIP; RESTORE wants it closed (ORA-19573), the others stay open; REPORT SCHEMA writes `PDB1:USERS`',
    sure: 'C',
  },
  {
    subject: 'channels',
    what: 'one process each, on the host of the instance `CONNECT` leads to, see below; automatic channels from CONFIGURE',
    sure: 'A',
  },
  {
    subject: 'Standard Edition',
    what: 'one channel works at a time, with RMAN-06908 and RMAN-06909 when there are several; incrementals work; no block change tracking (ORA-00439)',
    sure: 'A text, C that the next channel takes over from one that fails',
  },
  {
    subject: 'channel failure',
    what: 'another channel takes the set, `channel c2 disabled, job failed on it will be run on another channel`, exit 0; on the last channel `continuing other job steps`, exit 1; none left: exit 1',
    sure: 'wording of the first C',
  },
  {
    subject: 'exit code',
    what: '0 or 1; a command file ends at its first error, standard input goes on',
    sure: 'A, C',
  },
  {
    subject: 'VALIDATE, PREVIEW, LIST, REPORT, SHOW, CATALOG, CHANGE',
    what: "from the control file's records, laid out like the public samples",
    sure: 'B',
  },
];
