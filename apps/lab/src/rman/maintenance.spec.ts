/** What interferes with a backup product: settings, other people's backups, crosschecks, retention, record keep time. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { armFault } from '../faults/rman-faults';
import { LabHost } from './testing/lab-host';

let host: LabHost;

beforeEach(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
}, 120_000);

afterEach(async () => {
  await host.remove();
});

function one(options = ''): string {
  return `ALLOCATE CHANNEL c1 ${host.sbt()} ${options};`;
}

/** SCN from which on the newest level 1 of the file has its blocks. */
async function incrementalScnOf(file: number): Promise<string | undefined> {
  const { backupDataFiles } = await host.controlFile();
  return backupDataFiles.filter((backup) => backup.file === file && backup.level === 1).at(-1)
    ?.incrementalScn;
}

async function checkpointOf(tag: string, file: number): Promise<string | undefined> {
  const { backupDataFiles, backupPieces } = await host.controlFile();
  const piece = backupPieces.find((known) => known.tag === tag);
  return backupDataFiles.find((backup) => backup.setCount === piece?.setCount && backup.file === file)
    ?.checkpointScn;
}

describe('the parent of a level 1', () => {
  it("is the newest level 0 or 1 of anybody: a stranger's on disk, one of a command that failed", async () => {
    host.rman(`RUN { ${one()} BACKUP INCREMENTAL LEVEL 0 TAG ours DATAFILE 7, 8; }`);
    host.labctl('workload', '--transactions', '5');
    host.rman('BACKUP DEVICE TYPE DISK INCREMENTAL LEVEL 0 TAG foreign DATAFILE 7;');
    host.labctl('workload', '--transactions', '5', '--seed', '2');
    armFault(host.base, { name: 'sbt-write2', times: 1, match: '_F7_' });
    const failed = host.rman(
      `RUN { ${one()} BACKUP INCREMENTAL LEVEL 1 TAG half (DATAFILE 8 FORMAT 'h_F8_%U') (DATAFILE 7 FORMAT 'h_F7_%U'); }`,
    );
    expect(failed.code).toBe(1);
    host.rman(`RUN { ${one()} BACKUP INCREMENTAL LEVEL 1 DATAFILE 7, 8; }`);
    expect(await incrementalScnOf(7)).toBe(await checkpointOf('FOREIGN', 7));
    expect(await incrementalScnOf(8)).toBe(await checkpointOf('HALF', 8));
    host.rman(`RUN { ${one()} BACKUP INCREMENTAL LEVEL 1 CUMULATIVE DATAFILE 8; }`);
    expect(await incrementalScnOf(8)).toBe(await checkpointOf('OURS', 8));
  });

  it('is no expired, unavailable or uncatalogued one; without any, all blocks since creation are taken', async () => {
    host.rman(`RUN { ${one()} BACKUP INCREMENTAL LEVEL 0 TAG first FORMAT 'first_%U' DATAFILE 7; }`);
    host.labctl('workload', '--transactions', '5');
    host.rman(`RUN { ${one()} BACKUP INCREMENTAL LEVEL 0 TAG second FORMAT 'second_%U' DATAFILE 7; }`);
    const [second = ''] = host.pieces().filter((name) => name.startsWith('second_'));
    rmSync(join(host.sbtDirectory, second));
    host.rman(`RUN { ${one()} CROSSCHECK BACKUPPIECE '${second}'; }`);
    host.rman(`RUN { ${one()} BACKUP INCREMENTAL LEVEL 1 CUMULATIVE DATAFILE 7; }`);
    expect(await incrementalScnOf(7)).toBe(await checkpointOf('FIRST', 7));
    host.rman('CHANGE BACKUP TAG first UNAVAILABLE;');
    const run = host.rman(`RUN { ${one()} BACKUP INCREMENTAL LEVEL 1 CUMULATIVE DATAFILE 7; }`);
    expect(run.lines).toContain('no parent backup or copy of datafile 7 found');
    const created = (await host.controlFile()).dataFiles.find(({ file }) => file === 7)?.creationScn;
    expect(await incrementalScnOf(7)).toBe(created);
  });
});

describe('what a DBA configured', () => {
  it('changes a script: excluded tablespaces, optimisation, copies, encryption', async () => {
    host.rman('CONFIGURE EXCLUDE FOR TABLESPACE sales; CONFIGURE BACKUP OPTIMIZATION ON;');
    const backup = host.rman(
      `RUN { ${one()} BACKUP DATABASE; BACKUP ARCHIVELOG ALL; BACKUP ARCHIVELOG ALL; }`,
    );
    expect(backup.lines).toContain('file 8 is excluded from whole database backup');
    expect(backup.output).toContain('skipping archived log of thread 1 with sequence 1; already backed up');
    const whole = host.rman(`RUN { ${one()} BACKUP NOEXCLUDE DATABASE; }`);
    expect(whole.output).not.toContain('is excluded');
    host.rman('CONFIGURE DATAFILE BACKUP COPIES FOR DEVICE TYPE sbt TO 2;');
    const twice = host.rman(`RUN { ${one()} BACKUP FORMAT 'm_%U', 'n_%U' DATAFILE 7; }`);
    expect(twice.output).toMatch(/finished piece 1 at .* with 2 copies/);
    host.rman('CONFIGURE ENCRYPTION FOR DATABASE ON;');
    const encrypted = host.rman(`RUN { ${one()} BACKUP DATAFILE 7; }`);
    expect([encrypted.code, encrypted.output]).toEqual([1, expect.stringContaining('ORA-19919')]);
    expect(host.rman(`SET ENCRYPTION OFF; RUN { ${one()} BACKUP DATAFILE 7; }`).code).toBe(0);
  });

  it('duplexes archived logs, control file and spfile as it does data files, and never an autobackup', async () => {
    host.rman(`CONFIGURE DATAFILE BACKUP COPIES FOR DEVICE TYPE sbt TO 2;
      CONFIGURE ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE sbt TO 3; CONFIGURE CONTROLFILE AUTOBACKUP ON;
      RUN { ${one()} BACKUP TAG l ARCHIVELOG ALL; BACKUP TAG c CURRENT CONTROLFILE; BACKUP TAG s SPFILE; }
      RUN { SET BACKUP COPIES 4; ${one()} BACKUP TAG f DATAFILE 7; BACKUP COPIES 1 TAG o DATAFILE 7; }`);
    const { backupPieces } = await host.controlFile();
    const copiesOf = (tag: string | null) =>
      backupPieces.filter((piece) => piece.tag === tag).map(({ copy }) => copy);
    expect(['L', 'C', 'S', 'F', 'O'].map(copiesOf)).toEqual([[1, 2, 3], [1, 2], [1, 2], [1, 2, 3, 4], [1]]);
    expect(copiesOf(null)).toEqual([1, 1, 1, 1, 1]);
  });

  it('makes automatic channels and an untagged autobackup under its own name', async () => {
    const configured = host.rman(`
      CONFIGURE DEFAULT DEVICE TYPE TO sbt;
      CONFIGURE DEVICE TYPE sbt PARALLELISM 2;
      CONFIGURE CHANNEL ${host.sbt()};
      CONFIGURE CONTROLFILE AUTOBACKUP ON;
      CONFIGURE CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE sbt TO 'prod-%F';
      BACKUP TAG mine DATAFILE 7; BACKUP TAG mine DATAFILE 8;`);
    expect(configured.code).toBe(0);
    expect(configured.lines).toEqual(
      expect.arrayContaining(['allocated channel: ORA_SBT_TAPE_2', 'using channel ORA_SBT_TAPE_1']),
    );
    const { backupPieces } = await host.controlFile();
    const own = backupPieces.filter(({ handle }) => /^prod-c-1565056049-\d{8}-0[01]$/.test(handle));
    expect(own.map(({ tag }) => tag)).toEqual([null, null]);
  });

  it('shows what is set and what is the default', () => {
    const run = host.rman(
      'CONFIGURE RETENTION POLICY TO RECOVERY WINDOW OF 14 DAYS; SHOW ALL; SHOW RETENTION POLICY;',
    );
    expect(run.lines).toEqual(
      expect.arrayContaining([
        'CONFIGURE RETENTION POLICY TO RECOVERY WINDOW OF 14 DAYS;',
        'CONFIGURE BACKUP OPTIMIZATION OFF; # default',
      ]),
    );
  });
});

describe('crosscheck and delete', () => {
  it('expires what is gone and deletes only that, and warns of what does not match', async () => {
    host.rman(`RUN { ${one()} BACKUP FORMAT 'keep_%U' DATAFILE 7; BACKUP FORMAT 'lost_%U' DATAFILE 8; }`);
    const [lost = ''] = host.pieces().filter((name) => name.startsWith('lost_'));
    rmSync(join(host.sbtDirectory, lost));
    const mismatch = host.rman(`RUN { ${one()} DELETE NOPROMPT BACKUPPIECE '${lost}'; }`);
    expect(mismatch.code).toBe(0);
    expect(mismatch.output).toContain(
      'RMAN-06207: warning: 1 objects could not be deleted for SBT_TAPE channel(s) due',
    );
    const run = host.rman(`RUN { ${one()} CROSSCHECK BACKUP; DELETE NOPROMPT EXPIRED BACKUP; }`);
    expect(run.lines).toEqual(
      expect.arrayContaining([
        "crosschecked backup piece: found to be 'EXPIRED'",
        'Deleted 1 EXPIRED objects',
      ]),
    );
    const { backupPieces } = await host.controlFile();
    expect(backupPieces.map(({ handle }) => handle.slice(0, 5))).toEqual(['keep_']);
  });

  it('leaves every record as it was when the media manager cannot answer', async () => {
    host.rman(`RUN { ${one()} BACKUP DATAFILE 7; }`);
    const failing = host.sbt({ DISK_SBT_FAIL: 'info2:1' });
    const run = host.rman(`RUN { ALLOCATE CHANNEL c1 ${failing}; CROSSCHECK BACKUP; }`);
    expect([run.code, run.output]).toEqual([
      1,
      expect.stringContaining('ORA-27191: sbtinfo2 returned error'),
    ]);
    expect((await host.controlFile()).backupPieces[0]?.status).toBe('A');
  });

  it('drops the record of what the media manager does not delete only with FORCE', async () => {
    host.rman(`RUN { ${one()} BACKUP FORMAT 'x_%U' DATAFILE 7; }`);
    const [handle = ''] = host.pieces();
    const refusing = `ALLOCATE CHANNEL c1 ${host.sbt({ DISK_SBT_FAIL: 'remove2:1' })};`;
    const refused = host.rman(`RUN { ${refusing} DELETE NOPROMPT BACKUPPIECE '${handle}'; }`);
    expect([refused.code, refused.output]).toEqual([
      1,
      expect.stringContaining('ORA-27027: sbtremove2 returned error'),
    ]);
    expect((await host.controlFile()).backupPieces).toHaveLength(1);
    const forced = host.rman(`RUN { ${refusing} DELETE FORCE NOPROMPT BACKUPPIECE '${handle}'; }`);
    expect([forced.code, forced.lines]).toEqual([0, expect.arrayContaining(['Deleted 1 objects'])]);
    expect((await host.controlFile()).backupPieces).toEqual([]);
    expect(host.pieces()).toEqual([handle]);
  });

  it('deletes obsolete backups, and keeps those of KEEP and those a base still needs', async () => {
    const file = (tag: string, keep = '') => `BACKUP ${keep} TAG ${tag} FORMAT '${tag}_%U' DATAFILE 7;`;
    host.rman(`RUN { ${one()} ${file('a', 'KEEP FOREVER')} ${file('b')} }`);
    host.labctl('workload', '--transactions', '5');
    host.rman(`RUN { ${one()} ${file('c')} }`);
    const run = host.rman(`RUN { ${one()} DELETE NOPROMPT OBSOLETE REDUNDANCY 1; }`);
    expect(run.code).toBe(0);
    const { backupPieces } = await host.controlFile();
    expect(backupPieces.map(({ tag }) => tag).sort()).toEqual(['A', 'C']);
  });

  it('keeps archived logs until they have as many backups as the deletion policy wants', async () => {
    const policy = 'CONFIGURE ARCHIVELOG DELETION POLICY TO BACKED UP 2 TIMES TO DEVICE TYPE sbt;';
    const run = host.rman(`${policy} RUN { ${one()} BACKUP ARCHIVELOG ALL DELETE INPUT; }`);
    expect(run.output).toContain('RMAN-08138: warning: archived log not deleted - must create more backups');
    host.rman(`RUN { ${one()} BACKUP ARCHIVELOG SEQUENCE 1 DELETE INPUT; }`);
    const log = (await host.controlFile()).archivedLogs.find(({ sequence }) => sequence === 1);
    expect(log?.status).toBe('D');
  });

  it('forgets with UNCATALOG and learns again with CATALOG', async () => {
    host.rman(`RUN { ${one()} BACKUP FORMAT 'x_%U' DATAFILE 7; }`);
    const [handle = ''] = host.pieces();
    host.rman(`CHANGE BACKUPPIECE '${handle}' UNCATALOG;`);
    expect((await host.controlFile()).backupPieces).toEqual([]);
    const gone = host.rman(`CHANGE BACKUPPIECE '${handle}' UNCATALOG;`);
    expect([gone.code, gone.output]).toEqual([1, expect.stringContaining('RMAN-20260')]);
    host.rman(`ALLOCATE CHANNEL FOR MAINTENANCE ${host.sbt()};
      CATALOG DEVICE TYPE 'SBT_TAPE' BACKUPPIECE '${handle}';`);
    expect((await host.controlFile()).backupPieces.map((piece) => piece.handle)).toEqual([handle]);
    expect(existsSync(join(host.sbtDirectory, handle))).toBe(true);
  });
});

describe('a set cut by MAXPIECESIZE', () => {
  it('is not taken for whole when it was catalogued without its last piece', () => {
    const cut = `ALLOCATE CHANNEL c1 ${host.sbt()} MAXPIECESIZE 1M;`;
    host.rman(`RUN { ${cut} BACKUP FORMAT 'cut_%p' DATAFILE 8; }`);
    const pieces = host.pieces().sort();
    expect(pieces.length).toBeGreaterThan(1);
    const handles = (names: string[]) => names.map((name) => `'${name}'`).join(', ');
    const validate = (names: string[]) =>
      host.rman(`CHANGE BACKUPPIECE ${handles(pieces)} UNCATALOG;
        ALLOCATE CHANNEL FOR MAINTENANCE ${host.sbt()};
        CATALOG DEVICE TYPE sbt BACKUPPIECE ${handles(names)};
        RELEASE CHANNEL;
        RUN { ${one()} RESTORE DATAFILE 8 VALIDATE; }`);
    const short = validate(pieces.slice(0, -1));
    expect([short.code, short.output]).toEqual([
      1,
      expect.stringMatching(/ORA-19612: datafile 8 not restored due to missing blocks \d+ through \d+/),
    ]);
    host.rman(
      `ALLOCATE CHANNEL FOR MAINTENANCE ${host.sbt()}; CATALOG DEVICE TYPE sbt BACKUPPIECE ${handles(pieces)};`,
    );
    expect(validate([...pieces].reverse()).code).toBe(0);
  });
});

describe('restart and reading', () => {
  it('skips what was backed up since a time, file by file', () => {
    host.rman(`RUN { ${one()} BACKUP FILESPERSET 1 DATAFILE 7; }`);
    const run = host.rman(
      `RUN { ${one()} BACKUP NOT BACKED UP SINCE TIME 'SYSDATE-1/24' FILESPERSET 1 DATAFILE 7, 8; }`,
    );
    expect(run.output).toMatch(/skipping datafile 7; already backed up on \d{4}-/);
    expect(run.output).toContain('input datafile file number=00008');
  });

  it('reads everything and writes nothing with VALIDATE, and finds a damaged block', async () => {
    const validate = () => host.rman('BACKUP VALIDATE CHECK LOGICAL DATABASE; VALIDATE DATAFILE 7;');
    const good = validate();
    expect([good.code, host.pieces(), (await host.controlFile()).backupSets]).toEqual([0, [], []]);
    host.labctl('damage', '--file', '7', '--block', '20');
    const bad = validate();
    expect([bad.code, bad.output]).toEqual([
      0,
      expect.stringContaining('validate found one or more corrupt blocks'),
    ]);
  });

  it('previews and validates a restore without a file on disk', () => {
    const run = host.rman(`RUN { ${one()} BACKUP DATABASE; BACKUP ARCHIVELOG ALL;
      RESTORE DATABASE PREVIEW SUMMARY; RESTORE DATABASE VALIDATE; RESTORE ARCHIVELOG ALL VALIDATE; }`);
    expect(run.code).toBe(0);
    expect(run.output).toContain('Media recovery start SCN is ');
    expect(run.output).toContain('validation complete, elapsed time: ');
  });

  it('finds the newest autobackup by its name alone', () => {
    host.rman(`CONFIGURE CONTROLFILE AUTOBACKUP ON;
      RUN { SET CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE sbt TO 'k8/%F'; ${one()} BACKUP DATAFILE 7; BACKUP DATAFILE 8; }`);
    const run = host.rman(`RUN { ${one()}
      SET CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE sbt TO 'k8/%F';
      RESTORE CONTROLFILE TO '${host.base}/cf.ctl' FROM AUTOBACKUP MAXDAYS 2; }`);
    expect([run.code, run.output]).toEqual([
      0,
      expect.stringMatching(/AUTOBACKUP found: k8\/c-1565056049-\d{8}-01/),
    ]);
    expect(existsSync(join(host.base, 'cf.ctl'))).toBe(true);
  });

  it('connects a channel where CONNECT says, or fails as the network would', () => {
    const { listenerPort } = host.file;
    const connect = (where: string) =>
      host.rman(`RUN { ALLOCATE CHANNEL c1 ${host.sbt()} CONNECT '${where}'; BACKUP SPFILE; }`);
    expect(connect(`/@//127.0.0.1:${listenerPort}/orcl as sysbackup`).code).toBe(0);
    expect(connect('/@//127.0.0.1:1/orcl').output).toContain('ORA-12541: TNS:no listener');
    expect(connect(`/@//127.0.0.1:${listenerPort}/other`).output).toContain('ORA-12514');
    expect(connect(`bkp/wrong@//127.0.0.1:${listenerPort}/orcl`).output).toContain('ORA-01017');
  });
});
