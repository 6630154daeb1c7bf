/** Files that the control file does not know, found by the beginning of their names; what CHANGE makes of archived logs; SPOOL. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabHost } from './testing/lab-host';

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
}, 120_000);

afterAll(async () => {
  await host.remove();
});

describe('CATALOG START WITH', () => {
  it('learns of pieces, image copies and archived logs by what stands in them, and says what is none', async () => {
    const directory = join(host.base, 'found');
    mkdirSync(directory);
    host.rman(`BACKUP FORMAT '${directory}/piece_%U' DATAFILE 7; BACKUP AS COPY FORMAT '${directory}/copy.dbf' DATAFILE 7;
      SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT'; CHANGE BACKUP OF DATAFILE 7 UNCATALOG; CHANGE COPY OF DATAFILE 7 UNCATALOG;`);
    const { archivedLogs } = await host.controlFile();
    copyFileSync(archivedLogs[0]?.name ?? '', join(directory, 'log.arc'));
    writeFileSync(join(directory, 'notes.txt'), 'no header');
    const run = host.rman(`CATALOG START WITH '${directory}/' NOPROMPT;`);
    expect(run.code).toBe(0);
    expect(run.output).toContain('List of Files Which Were Not Cataloged');
    expect(run.lines.slice(run.lines.indexOf(`File Name: ${directory}/notes.txt`)).join('\n')).toContain(
      'RMAN-07517: Reason: The file header is corrupted',
    );
    const known = await host.controlFile();
    expect(known.backupPieces.some(({ handle }) => handle.startsWith(`${directory}/piece_`))).toBe(true);
    expect(known.dataFileCopies).toMatchObject([{ name: `${directory}/copy.dbf`, file: 7 }]);
    expect(known.archivedLogs.map(({ name }) => name)).toContain(`${directory}/log.arc`);
    const again = host.rman(`CATALOG START WITH '${directory}/piece';`);
    expect([again.code, again.output]).toEqual([
      0,
      expect.stringContaining('no files found to be unknown to the database'),
    ]);
    const restored = host.rman(`RESTORE DATAFILE 7 VALIDATE;`);
    expect(restored.code).toBe(0);
  });

  it('looks through the recovery area with RECOVERY AREA, where nothing is unknown', () => {
    host.rman("SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT';");
    const run = host.rman('CATALOG RECOVERY AREA NOPROMPT;');
    expect([run.code, run.output]).toEqual([0, expect.stringContaining('no files found to be unknown')]);
  });
});

it('CHANGE ARCHIVELOG makes logs unavailable, available, unknown, and deletes them', async () => {
  host.rman("SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT'; SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT';");
  const [first, second] = (await host.controlFile()).archivedLogs.slice(-2);
  const statusOf = async (recid: number | undefined) =>
    (await host.controlFile()).archivedLogs.find((log) => log.recid === recid)?.status;
  const change = (sequence: number | undefined, to: string) =>
    host.rman(`CHANGE ARCHIVELOG SEQUENCE ${sequence} ${to};`).code;
  expect([change(first?.sequence, 'UNAVAILABLE'), await statusOf(first?.recid)]).toEqual([0, 'U']);
  expect([change(first?.sequence, 'AVAILABLE'), await statusOf(first?.recid)]).toEqual([0, 'A']);
  expect([change(first?.sequence, 'UNCATALOG'), await statusOf(first?.recid)]).toEqual([0, 'D']);
  expect(existsSync(first?.name ?? '')).toBe(true);
  expect([change(second?.sequence, 'DELETE'), await statusOf(second?.recid)]).toEqual([0, 'D']);
  expect(existsSync(second?.name ?? '')).toBe(false);
});

it('SPOOL LOG sends what follows to a file, until OFF', () => {
  const path = join(host.base, 'rman.log');
  const run = host.rman(`SPOOL LOG TO '${path}';\nREPORT SCHEMA;\nSPOOL LOG OFF;\nLIST INCARNATION;`);
  expect(run.code).toBe(0);
  expect(readFileSync(path, 'utf8')).toContain('Report of database schema');
  expect(run.output).not.toContain('Report of database schema');
  expect(run.output).toContain('List of Database Incarnations');
});
