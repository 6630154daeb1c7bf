/** Backups of every shape, read back: the restored files must hold what the database held. Real instance, real rman. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UNIT_TYPE } from './piece-format';
import { LabHost } from './testing/lab-host';

const BLOCK_BYTES = 8192;

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create();
}, 120_000);

afterAll(async () => {
  await host.remove();
});

let directories = 0;

/** Restores the database as it is now on another host and compares it with what the instance says it held. */
async function restoreAll(
  channels: string,
): Promise<{ identical: number; dataFiles: number; output: string }> {
  const name = `clone${++directories}`;
  const clone = join(host.base, name);
  const directory = join(clone, 'restored');
  mkdirSync(directory, { recursive: true });
  const { untilScn } = await host.withInstance((client) => client.mark({}));
  host.rman(`RUN { ${channels}
    BACKUP ARCHIVELOG ALL NOT BACKED UP 1 TIMES; BACKUP FORMAT 'cf_${name}' CURRENT CONTROLFILE; }`);
  const run = host.rman(
    `SET DBID 1565056049;
    STARTUP NOMOUNT;
    RUN { ${channels} RESTORE CONTROLFILE FROM 'cf_${name}'; }
    ALTER DATABASE MOUNT;
    RUN { ${channels}
      SET UNTIL SCN ${untilScn};
      SET NEWNAME FOR DATABASE TO '${directory}/%b';
      RESTORE DATABASE; SWITCH DATAFILE ALL; RECOVER DATABASE;
    }`,
    { ORACLE_HOME: join(clone, 'oracle_home') },
  );
  await host.endInstance(clone);
  return { ...compare(directory, untilScn), output: run.output };
}

function compare(directory: string, untilScn: string): { identical: number; dataFiles: number } {
  return JSON.parse(host.labctl('compare', '--until-scn', untilScn, '--dir', directory)) as {
    identical: number;
    dataFiles: number;
  };
}

function channels(count: number, options = ''): string {
  return Array.from({ length: count }, (_, i) => `ALLOCATE CHANNEL c${i + 1} ${host.sbt()} ${options};`).join(
    ' ',
  );
}

/** The rfile of every block of the piece, run by run; bookkeeping left out. */
function runsOf(handle: string): number[] {
  const bytes = readFileSync(join(host.sbtDirectory, handle.replaceAll('/', '!')));
  const runs: number[] = [];
  for (let at = 0; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) {
    const type = bytes.readUInt8(at);
    if (type === 0 || Object.values<number>(UNIT_TYPE).includes(type)) continue;
    const rfile = bytes.readUInt32LE(at + 4) >>> 22;
    if (runs.at(-1) !== rfile) runs.push(rfile);
  }
  return runs;
}

describe('multiplexing', () => {
  it('interleaves the files of a set, as many as MAXOPENFILES allows', () => {
    const many = host.rman(
      `RUN { ${channels(1)} BACKUP FILESPERSET 4 TAG mux FORMAT 'mux_%s_%p' DATAFILE 3, 7, 8, 9; }`,
    );
    expect(many.code).toBe(0);
    const [handle = ''] = host.pieces().filter((name) => name.startsWith('mux_'));
    const runs = runsOf(handle);
    expect([...new Set(runs)].sort((a, b) => a - b)).toEqual([3, 7, 8, 9]);
    // Every file comes back after another one had its turn.
    for (const file of [8, 9]) expect(runs.filter((rfile) => rfile === file).length).toBeGreaterThan(2);
  });

  it('writes one file after the other with MAXOPENFILES 1', () => {
    host.rman(
      `RUN { ${channels(1, 'MAXOPENFILES 1')} BACKUP FILESPERSET 4 FORMAT 'seq_%s_%p' DATAFILE 3, 7, 8, 9; }`,
    );
    const [handle = ''] = host.pieces().filter((name) => name.startsWith('seq_'));
    expect(runsOf(handle)).toHaveLength(4);
  });
});

describe('restore of every kind of set', () => {
  it.each([
    ['one file per set', 2, '', 'FILESPERSET 1'],
    ['four files per set', 1, '', 'FILESPERSET 4'],
    ['sections over two channels', 2, '', 'SECTION SIZE 2M'],
    ['pieces of at most 1 MiB', 2, 'MAXPIECESIZE 1M', 'FILESPERSET 4'],
    ['compressed sets', 1, '', 'AS COMPRESSED BACKUPSET FILESPERSET 4'],
    ['two copies', 1, '', "COPIES 2 FORMAT 'a_%U', 'b_%U'"],
  ])('%s', async (name, count, channelOptions, backupOptions) => {
    const own = channels(count, channelOptions);
    const backup = host.rman(`RUN { ${own} BACKUP INCREMENTAL LEVEL 0 ${backupOptions} TAG 'L0' DATABASE; }`);
    expect([name, backup.code]).toEqual([name, 0]);
    host.labctl('workload', '--transactions', '40', '--seed', String(directories + 1));
    const level1 = host.rman(`RUN { ${own} BACKUP INCREMENTAL LEVEL 1 ${backupOptions} DATABASE; }`);
    expect([name, level1.code]).toEqual([name, 0]);
    host.labctl('workload', '--transactions', '20', '--seed', String(directories + 50));
    const { identical, dataFiles, output } = await restoreAll(channels(count));
    expect([output.includes('RMAN-'), identical]).toEqual([false, dataFiles]);
  });

  it('splits one file over the channels with SECTION SIZE, all pieces of one set', async () => {
    host.rman(`RUN { ${channels(2)} BACKUP SECTION SIZE 2M FORMAT 'sec_%s_%p' DATAFILE 8; }`);
    const { backupSets, backupPieces } = await host.controlFile();
    const sectioned = backupSets.filter(({ multiSection }) => multiSection);
    expect(sectioned.length).toBeGreaterThan(0);
    for (const { setCount, pieces } of sectioned) {
      expect(backupPieces.filter((piece) => piece.setCount === setCount)).toHaveLength(pieces);
    }
  });

  it('keeps every piece below MAXPIECESIZE', () => {
    const run = host.rman(
      `RUN { ${channels(1, 'MAXPIECESIZE 1M')} BACKUP FORMAT 'small_%s_%p' FILESPERSET 4 DATAFILE 7, 8, 9, 10; }`,
    );
    expect(run.code).toBe(0);
    const sizes = host
      .pieces()
      .filter((name) => name.startsWith('small_'))
      .map((name) => readFileSync(join(host.sbtDirectory, name)).length);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
  });

  it('reads the other copy, then the older backup, when a piece is gone', async () => {
    host.rman(`RUN { ${channels(1)} BACKUP TAG old FORMAT 'old_%U' DATAFILE 7; }`);
    host.rman(`RUN { ${channels(1)} BACKUP COPIES 2 FORMAT 'one_%U', 'two_%U' DATAFILE 7; }`);
    const lose = (prefix: string) => {
      for (const name of host.pieces()) if (name.startsWith(prefix)) rmSync(join(host.sbtDirectory, name));
    };
    lose('one_');
    const validate = () => host.rman(`RUN { ${channels(1)} RESTORE DATAFILE 7 VALIDATE; }`);
    const second = validate();
    expect([second.code, second.output]).toEqual([0, expect.stringContaining('failover to previous backup')]);
    expect(second.output).toContain('reading from backup piece two_');
    lose('two_');
    const third = validate();
    expect([third.code, third.output]).toEqual([
      0,
      expect.stringContaining('reading from backup piece old_'),
    ]);
  });
});
