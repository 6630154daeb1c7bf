// Another backup product on the same database: its own library (apps/lab/native/second-vendor.c), its own channel, and what its scripts and
// a DBA with RMAN do beside ours. Everything runs as `rman target /` on the simulated host and must end well.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../stack/src/run-command';
import { mustRman } from './rman-by-hand';
import { type RunningStack } from './running-stack';

const SOURCE = join(__dirname, '../../apps/lab/native/second-vendor.c');
/** Label of all its sets. */
const VENDOR_TAG = 'VENDOR';

export interface SecondVendor {
  /** Level 0 of these data files, of all without any. @returns what RMAN printed */
  level0(...files: number[]): Promise<string>;
  level1(...files: number[]): Promise<string>;
  backUpLogs(): Promise<string>;
  /** Everything on record is looked for in its own store: what lies in another becomes EXPIRED. */
  crosscheckBackups(): Promise<string>;
  deleteExpired(): Promise<string>;
  deleteObsolete(retention?: string): Promise<string>;
  /** Handles of its pieces of a data file that are on record, oldest first. */
  handlesOf(file: number): Promise<string[]>;
}

/** Again on the same stack it is the same one. */
export async function addSecondVendor(stack: RunningStack): Promise<SecondVendor> {
  const library = join(stack.directory, 'libsecondvendor.so');
  const store = join(stack.directory, 'second-vendor');
  mkdirSync(store, { recursive: true });
  await mustRun('gcc', [
    '-std=c11',
    '-D_GNU_SOURCE',
    '-Wall',
    '-Wextra',
    '-shared',
    '-fPIC',
    '-o',
    library,
    SOURCE,
  ]);
  const device = `DEVICE TYPE 'SBT_TAPE' PARMS 'SBT_LIBRARY=${library},ENV=(VENDOR_STORE=${store},VENDOR_POLICY=nightly)'`;
  const backUp = (what: string): Promise<string> =>
    mustRman(
      stack,
      `RUN { ALLOCATE CHANNEL v1 ${device}; BACKUP FILESPERSET 1 TAG ${VENDOR_TAG} FORMAT 'vnd_%d_f%f_%U' ${what}; }`,
    );
  const filesOf = (files: readonly number[]): string =>
    files.length === 0 ? 'DATABASE' : `DATAFILE ${files.join(', ')}`;
  const maintain = (statement: string): Promise<string> =>
    mustRman(stack, `ALLOCATE CHANNEL FOR MAINTENANCE ${device}; ${statement} RELEASE CHANNEL;`);
  return {
    level0: (...files) => backUp(`INCREMENTAL LEVEL 0 ${filesOf(files)}`),
    level1: (...files) => backUp(`INCREMENTAL LEVEL 1 ${filesOf(files)}`),
    backUpLogs: () => backUp('ARCHIVELOG ALL'),
    crosscheckBackups: () => maintain('CROSSCHECK BACKUP;'),
    deleteExpired: () => maintain('DELETE NOPROMPT EXPIRED BACKUP;'),
    deleteObsolete: (retention = '') => maintain(`DELETE NOPROMPT OBSOLETE ${retention};`),
    handlesOf: async (file) => {
      const listed = await mustRman(stack, `LIST BACKUP OF DATAFILE ${file} TAG ${VENDOR_TAG};`);
      return [...listed.matchAll(/Handle: (\S+)/g)].map(([, handle = '']) => handle);
    },
  };
}

/** A DBA's level 0 to disk, as a backup set. */
export function level0ToDisk(stack: RunningStack, file: number): Promise<string> {
  return mustRman(stack, `BACKUP DEVICE TYPE DISK INCREMENTAL LEVEL 0 TAG BYHAND DATAFILE ${file};`);
}

/** A DBA's level 0 as an image copy. @returns the path of the copy */
export async function imageCopy(stack: RunningStack, file: number): Promise<string> {
  const path = join(stack.directory, `copy-of-${file}.dbf`);
  await mustRman(
    stack,
    `BACKUP AS COPY DEVICE TYPE DISK INCREMENTAL LEVEL 0 TAG COPIES FORMAT '${path}' DATAFILE ${file};`,
  );
  return path;
}

/** What a DBA may have configured that would change a backup of ours, and how it is taken back. */
export const INTERFERING_SETTINGS = [
  { set: 'BACKUP OPTIMIZATION ON', clear: 'BACKUP OPTIMIZATION CLEAR' },
  { set: 'EXCLUDE FOR TABLESPACE USERS', clear: 'EXCLUDE FOR TABLESPACE USERS CLEAR' },
  {
    set: "DATAFILE BACKUP COPIES FOR DEVICE TYPE 'SBT_TAPE' TO 2",
    clear: "DATAFILE BACKUP COPIES FOR DEVICE TYPE 'SBT_TAPE' CLEAR",
  },
  {
    set: "ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE 'SBT_TAPE' TO 2",
    clear: "ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE 'SBT_TAPE' CLEAR",
  },
  {
    set: "DEVICE TYPE 'SBT_TAPE' BACKUP TYPE TO COMPRESSED BACKUPSET PARALLELISM 3",
    clear: "DEVICE TYPE 'SBT_TAPE' CLEAR",
  },
  { set: 'ENCRYPTION FOR DATABASE ON', clear: 'ENCRYPTION FOR DATABASE CLEAR' },
  { set: 'ENCRYPTION FOR TABLESPACE USERS ON', clear: 'ENCRYPTION FOR TABLESPACE USERS CLEAR' },
  { set: 'CONTROLFILE AUTOBACKUP ON', clear: 'CONTROLFILE AUTOBACKUP CLEAR' },
  { set: 'MAXSETSIZE TO 512K', clear: 'MAXSETSIZE CLEAR' },
] as const;

export async function configure(stack: RunningStack, ...settings: readonly string[]): Promise<void> {
  await mustRman(stack, settings.map((setting) => `CONFIGURE ${setting};`).join('\n'));
}
