/**
 * Which data files a new database has. The plain one is a small database without containers; `pdbs` makes it a container
 * database whose pluggable databases all use the relative file numbers of their seed, as real ones do; `mixed` adds
 * tablespaces of every block size, a bigfile tablespace and an encrypted one.
 */
import { type Container, type Tablespace } from '../control-file/control-file';
import { BIGFILE_RFILE } from '../formats/block';

export interface FilePlan {
  file: number;
  /** Relative file number: equal for files of different containers. */
  rfile: number;
  conId: number;
  ts: number;
  tablespace: string;
  /** Below the directory of the database. */
  name: string;
  blockBytes: number;
  /** Parts of the total. */
  share: number;
  bigfile: boolean;
  encrypted: boolean;
}

export interface DatabaseShape {
  /** Pluggable databases besides the seed; 0 or absent = a database without containers. */
  pdbs?: number;
  mixed?: boolean;
}

export interface DatabasePlan {
  files: FilePlan[];
  tablespaces: Tablespace[];
  containers: Container[];
}

/** Containers a shape may ask for: their files stay below DB_FILES of a small instance (200). */
const PDBS_MAX = 20;
const NO_CONTAINER = 0;
/** CON_ID of the root. */
export const ROOT_CONTAINER = 1;
/** CON_ID of the seed. */
export const SEED_CONTAINER = 2;
const FIRST_PDB = 3;
const TEMP_TS = 3;

type ShortPlan = Pick<FilePlan, 'file' | 'ts' | 'tablespace' | 'name' | 'share'> &
  Partial<Pick<FilePlan, 'blockBytes' | 'rfile' | 'bigfile' | 'encrypted'>>;

const PLAIN: readonly ShortPlan[] = [
  { file: 1, ts: 0, tablespace: 'SYSTEM', name: 'system01.dbf', share: 8 },
  { file: 3, ts: 1, tablespace: 'SYSAUX', name: 'sysaux01.dbf', share: 8 },
  { file: 4, ts: 2, tablespace: 'UNDOTBS1', name: 'undotbs01.dbf', share: 4 },
  { file: 7, ts: 4, tablespace: 'USERS', name: 'users01.dbf', share: 5 },
  { file: 8, ts: 5, tablespace: 'SALES', name: 'sales01.dbf', share: 30 },
  { file: 9, ts: 5, tablespace: 'SALES', name: 'sales02.dbf', share: 25 },
  { file: 10, ts: 6, tablespace: 'HIST', name: 'hist01.dbf', blockBytes: 16384, share: 20 },
];
const MIXED: readonly ShortPlan[] = [
  { file: 11, ts: 7, tablespace: 'TINY', name: 'tiny01.dbf', blockBytes: 2048, share: 3 },
  { file: 12, ts: 8, tablespace: 'NARROW', name: 'narrow01.dbf', blockBytes: 4096, share: 5 },
  { file: 13, ts: 9, tablespace: 'WIDE', name: 'wide01.dbf', blockBytes: 32768, share: 8 },
  { file: 14, ts: 10, tablespace: 'BIG', name: 'big01.dbf', share: 15, rfile: BIGFILE_RFILE, bigfile: true },
  { file: 15, ts: 11, tablespace: 'SECRET', name: 'secret01.dbf', share: 8, encrypted: true },
];
/** The seed's files; each pluggable database is a copy of them with a tablespace of its own behind. */
const SEED_FILES: readonly ShortPlan[] = [
  { file: 0, rfile: 1, ts: 0, tablespace: 'SYSTEM', name: 'system01.dbf', share: 3 },
  { file: 0, rfile: 4, ts: 1, tablespace: 'SYSAUX', name: 'sysaux01.dbf', share: 3 },
  { file: 0, rfile: 9, ts: 2, tablespace: 'UNDOTBS1', name: 'undotbs01.dbf', share: 2 },
];
const PDB_FILES: readonly ShortPlan[] = [
  ...SEED_FILES,
  { file: 0, rfile: 12, ts: 5, tablespace: 'USERS', name: 'users01.dbf', share: 12 },
];

/** The files in order of their numbers. Throws RangeError for more containers than PDBS_MAX. */
export function planDatabase(shape: DatabaseShape): DatabasePlan {
  const pdbs = shape.pdbs ?? 0;
  if (!Number.isInteger(pdbs) || pdbs < 0 || pdbs > PDBS_MAX)
    throw new RangeError(`0 to ${PDBS_MAX} pluggable databases`);
  const root = [...PLAIN, ...(shape.mixed === true ? MIXED : [])];
  const files = root.map((plan) => fullPlan(plan, pdbs === 0 ? NO_CONTAINER : ROOT_CONTAINER, ''));
  const containers: Container[] = pdbs === 0 ? [] : planContainers(pdbs);
  let next = Math.max(...files.map(({ file }) => file)) + 1;
  for (const { conId, name } of containers) {
    if (conId === ROOT_CONTAINER) continue;
    const prefix = name.toLowerCase().replace('$', '');
    for (const plan of conId === SEED_CONTAINER ? SEED_FILES : PDB_FILES)
      files.push({ ...fullPlan({ ...plan, file: next++ }, conId, prefix), rfile: plan.rfile ?? 1 });
  }
  return { files, containers, tablespaces: tablespacesOf(files) };
}

function fullPlan(plan: ShortPlan, conId: number, prefix: string): FilePlan {
  const { rfile = plan.file, blockBytes = 8192, bigfile = false, encrypted = false } = plan;
  // Base names differ as well, so that a restore into one directory keeps the files apart.
  const name = prefix === '' ? plan.name : `${prefix}/${prefix}_${plan.name}`;
  return { ...plan, rfile, blockBytes, bigfile, encrypted, conId, name };
}

function planContainers(pdbs: number): Container[] {
  const names = ['CDB$ROOT', 'PDB$SEED', ...Array.from({ length: pdbs }, (_, i) => `PDB${i + 1}`)];
  return names.map((name, i) => ({
    conId: i + ROOT_CONTAINER,
    name,
    openMode: i + ROOT_CONTAINER === SEED_CONTAINER ? 'READ ONLY' : 'READ WRITE',
  }));
}

function tablespacesOf(files: readonly FilePlan[]): Tablespace[] {
  const byKey = new Map<string, Tablespace>();
  const add = (tablespace: Tablespace) => {
    const key = `${tablespace.conId ?? 0}/${tablespace.ts}`;
    if (!byKey.has(key)) byKey.set(key, tablespace);
  };
  for (const { conId, ts, tablespace: name, bigfile, encrypted } of files) {
    const container = conId === NO_CONTAINER ? {} : { conId };
    add({ ts, name, bigfile, ...container, ...(encrypted ? { encrypted } : {}) });
    add({ ts: TEMP_TS, name: 'TEMP', bigfile: false, ...container });
  }
  return [...byKey.values()].sort((a, b) => (a.conId ?? 0) - (b.conId ?? 0) || a.ts - b.ts);
}

/** True for a container that users made: it can be closed, opened and changed. */
export function isPluggable({ conId }: Container): boolean {
  return conId >= FIRST_PDB;
}
