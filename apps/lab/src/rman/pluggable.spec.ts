/** Pluggable databases and their tablespaces by name, in a container database whose tablespace numbers repeat. */
import { rmSync } from 'node:fs';
import { LabHost } from './testing/lab-host';

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create({ pdbs: 2 });
}, 120_000);

afterAll(async () => {
  await host.remove();
});

const run = (statements: string) => host.rman(`RUN { ALLOCATE CHANNEL c1 ${host.sbt()}; ${statements} }`);

/** File numbers by the name REPORT SCHEMA gives their tablespace. */
function schema(): Map<string, number> {
  const rows = host.rman('REPORT SCHEMA;').output.matchAll(/^(\d+) +\d+ +(\S+) +\*\*\*/gm);
  return new Map([...rows].map(([, file, tablespace]) => [tablespace ?? '', Number(file)]));
}

/** The files a set with this tag holds. */
async function filesOf(tag: string): Promise<number[]> {
  const { backupPieces, backupDataFiles } = await host.controlFile();
  const sets = backupPieces.filter((piece) => piece.tag === tag).map(({ setCount }) => setCount);
  return backupDataFiles.filter(({ setCount }) => sets.includes(setCount)).map(({ file }) => file);
}

it('names the tablespaces of pluggable databases with their container', () => {
  const names = [...schema().keys()];
  expect(names).toEqual(expect.arrayContaining(['SYSTEM', 'PDB$SEED:SYSTEM', 'PDB1:SYSTEM', 'PDB2:SYSTEM']));
  // Tablespace 5 of the root is SALES, of a pluggable database USERS.
  expect(names).toEqual(expect.arrayContaining(['SALES', 'PDB1:USERS', 'PDB2:USERS']));
});

it('backs up the files of the named pluggable databases and no others', async () => {
  expect(run('BACKUP TAG both PLUGGABLE DATABASE pdb1, pdb2;').code).toBe(0);
  const { dataFiles } = await host.controlFile();
  const wanted = dataFiles.filter(({ conId }) => conId === 3 || conId === 4).map(({ file }) => file);
  expect((await filesOf('BOTH')).sort((a, b) => a - b)).toEqual(wanted);
});

it('means the tablespace of the named container, and that of the root without a name', async () => {
  expect(run('BACKUP TAG one TABLESPACE pdb2:system; BACKUP TAG root TABLESPACE system;').code).toBe(0);
  expect(await filesOf('ONE')).toEqual([schema().get('PDB2:SYSTEM')]);
  // File 1 takes the control file (0) along.
  expect(await filesOf('ROOT')).toEqual([1, 0]);
});

it('refuses a container and a tablespace nobody knows', () => {
  const stack = (statement: string) => run(statement).output;
  expect(stack('BACKUP PLUGGABLE DATABASE pdb7;')).toContain(
    'RMAN-06813: could not translate pluggable database PDB7',
  );
  expect(stack('BACKUP TABLESPACE pdb1:nothing;')).toContain(
    'RMAN-06010: error while looking up PDB1:NOTHING',
  );
});

it('restores and recovers one that is closed while the others go on, and no file that is open', async () => {
  host.labctl('workload', '--transactions', '20');
  expect(run('BACKUP TAG base DATABASE;').code).toBe(0);
  host.labctl('workload', '--transactions', '20', '--seed', '3');
  const before = await host.withInstance((client) => client.mark({}));
  expect(run('RESTORE PLUGGABLE DATABASE pdb1;').output).toContain(
    'ORA-19573: cannot obtain exclusive enqueue for datafile',
  );
  host.rman('ALTER PLUGGABLE DATABASE pdb1 CLOSE IMMEDIATE;');
  const { dataFiles } = await host.controlFile();
  const lost = dataFiles.filter(({ conId }) => conId === 3);
  for (const { name } of lost) rmSync(name);
  const restored = run('RESTORE PLUGGABLE DATABASE pdb1; RECOVER PLUGGABLE DATABASE pdb1;');
  expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('media recovery complete')]);
  const opened = host.rman('ALTER PLUGGABLE DATABASE pdb1 OPEN;');
  expect([opened.code, opened.output]).toEqual([0, expect.not.stringContaining('ORA-')]);
  const after = await host.withInstance((client) => client.mark({}));
  const hashes = ({ files }: typeof after) => new Map(files.map(({ file, sha256 }) => [file, sha256]));
  expect(hashes(after)).toEqual(hashes(before));
}, 120_000);

it('backs up a closed one as it is', async () => {
  host.rman('ALTER PLUGGABLE DATABASE pdb2 CLOSE IMMEDIATE;');
  const backup = run('BACKUP TAG closed PLUGGABLE DATABASE pdb2;');
  expect([backup.code, backup.output]).toEqual([0, expect.not.stringContaining('ORA-')]);
  host.rman('ALTER PLUGGABLE DATABASE pdb2 OPEN;');
});
