// The steps in their order. Each works on what the ones before left; one that cannot run because of that is left out, and what it would have
// shown is not seen. Only pieces of our own name are ever checked, changed or deleted.
import { ask } from '../host/sqlplus';
import { type Certification } from './certification';

const MEBIBYTE = 1_048_576;

export async function runSteps(
  run: Certification,
  options: { readonly killChannel: boolean; readonly configureExclude: boolean },
): Promise<void> {
  await backUpTwice(run);
  await lookForParents(run);
  await lookAtNewFile(run);
  await lookAtExcluded(run, options);
  await lookForForeignParents(run);
  await lookAtOtherPieces(run);
  await deleteSome(run);
  await failOnPurpose(run, options);
}

/** C1: two level 0 of one file, as nearly unchanged as an open database leaves it. */
async function backUpTwice(run: Certification): Promise<void> {
  const { file } = run.parts.dataFile;
  for (const step of ['level0a', 'level0b'] as const)
    await run.backup(step, `AS BACKUPSET INCREMENTAL LEVEL 0 DATAFILE ${file} ${run.format(step)}`);
}

/** C2: which level 0 or 1 a level 1 builds on, also when one of them is uncatalogued, expired or cataloged again. */
async function lookForParents(run: Certification): Promise<void> {
  const { file } = run.parts.dataFile;
  const [first, second] = [run.handleOf('level0a'), run.handleOf('level0b')];
  if (first === null || second === null) return;
  const cumulative = (step: 'cumulative' | 'cumulativeAfterUncatalog' | 'cumulativeAfterExpire') =>
    run.backup(step, `INCREMENTAL LEVEL 1 CUMULATIVE DATAFILE ${file} ${run.format(step)}`);
  await run.backup('level1', `INCREMENTAL LEVEL 1 DATAFILE ${file} ${run.format('level1')}`);
  await cumulative('cumulative');
  await run.maintain('uncatalog', `CHANGE BACKUPPIECE '${second}' UNCATALOG`);
  await cumulative('cumulativeAfterUncatalog');
  await run.maintain('expire', `CROSSCHECK BACKUPPIECE '${first}'`, { info: 'missing' });
  await cumulative('cumulativeAfterExpire');
  await run.maintain('available', `CROSSCHECK BACKUPPIECE '${first}'`);
  await run.maintain('crosscheckFails', `CROSSCHECK BACKUPPIECE '${first}'`, { info: 'error' });
  await run.maintain('catalog', `CATALOG DEVICE TYPE 'SBT_TAPE' BACKUPPIECE '${second}'`);
}

/** C2: a level 1 of a file that has no level 0 of anybody. */
async function lookAtNewFile(run: Certification): Promise<void> {
  const { newFile } = run.parts;
  if (newFile === null) return;
  const format = run.format('newFileLevel1');
  await run.backup('newFileLevel1', `INCREMENTAL LEVEL 1 DATAFILE ${newFile.file} ${format}`);
}

/** C3: a file that is named, of a tablespace that whole backups leave out. */
async function lookAtExcluded(
  run: Certification,
  { configureExclude }: { configureExclude: boolean },
): Promise<void> {
  const { file, tablespace, isExcluded } = run.parts.dataFile;
  const backUp = () => run.backup('excludedNamed', `DATAFILE ${file} ${run.format('excludedNamed')}`);
  if (isExcluded) await backUp();
  else if (configureExclude) await run.excluding(tablespace, backUp);
}

/** C2: the same when the newest level 0 is on disk, is an image copy, or comes from a command that failed after it. */
async function lookForForeignParents(run: Certification): Promise<void> {
  const { file } = run.parts.dataFile;
  type Step = 'cumulativeAfterDisk' | 'cumulativeAfterCopy' | 'cumulativeAfterPlainCopy';
  const cumulative = (step: Step) =>
    run.backup(step, `INCREMENTAL LEVEL 1 CUMULATIVE DATAFILE ${file} ${run.format(step)}`);
  await run.backupToDisk('diskLevel0', `AS BACKUPSET INCREMENTAL LEVEL 0 DATAFILE ${file}`);
  await cumulative('cumulativeAfterDisk');
  await run.backupToDisk('imageCopy', `AS COPY INCREMENTAL LEVEL 0 DATAFILE ${file}`);
  await cumulative('cumulativeAfterCopy');
  await run.backupToDisk('plainCopy', `AS COPY DATAFILE ${file}`);
  await cumulative('cumulativeAfterPlainCopy');
  const format = run.format('partFailed');
  const both = `(DATAFILE ${file} ${format}) (CURRENT CONTROLFILE ${format})`;
  await run.backup('partFailed', `AS BACKUPSET INCREMENTAL LEVEL 0 ${both}`, { close: 'error-but-first' });
  await run.backup(
    'level1AfterPartFailed',
    `INCREMENTAL LEVEL 1 DATAFILE ${file} ${run.format('level1AfterPartFailed')}`,
  );
}

/** C1, C3, C6: sections, an archived log, the control file; and whether they can be read back. */
async function lookAtOtherPieces(run: Certification): Promise<void> {
  const { file, bytes } = run.parts.dataFile;
  const megabytes = Math.max(1, Math.ceil(bytes / MEBIBYTE / 2));
  const since = await clockOf(run);
  await run.backup('sections', `SECTION SIZE ${megabytes}M DATAFILE ${file} ${run.format('sections')}`);
  await run.backup(
    'sinceSections',
    `NOT BACKED UP SINCE TIME "${since}" SECTION SIZE ${megabytes}M DATAFILE ${file} ${run.format('sinceSections')}`,
  );
  await run.backup('twoCopies', `COPIES 2 DATAFILE ${file} ${run.format('twoCopies')}`);
  await run.backup('largeSetSize', `MAXSETSIZE 262144G DATAFILE ${file} ${run.format('largeSetSize')}`);
  const log = await newestLog(run);
  if (log !== null) {
    const range = `FROM SEQUENCE ${log.sequence} UNTIL SEQUENCE ${log.sequence} THREAD ${log.thread}`;
    await run.backup('archivedLog', `ARCHIVELOG ${range} ${run.format('archivedLog')}`);
  }
  await run.backup('controlFile', `CURRENT CONTROLFILE ${run.format('controlFile')}`);
  await run.inRun('validate', `RESTORE DATAFILE ${file} VALIDATE`);
}

/** The database's own clock, as RMAN reads it. */
async function clockOf(run: Certification): Promise<string> {
  const format = 'YYYY-MM-DD HH24:MI:SS';
  const { rows } = await ask(run.parts.host, `SELECT TO_CHAR(SYSDATE, '${format}') now FROM dual`);
  return `TO_DATE('${rows[0]?.['NOW'] ?? ''}','${format}')`;
}

async function newestLog(run: Certification): Promise<{ thread: string; sequence: string } | null> {
  const { rows } = await ask(
    run.parts.host,
    `SELECT thread#, sequence# FROM v$archived_log WHERE status = 'A' AND deleted = 'NO' AND standby_dest = 'NO' AND name IS NOT NULL
     AND resetlogs_change# = (SELECT resetlogs_change# FROM v$database) ORDER BY sequence# DESC`,
  );
  const [row] = rows;
  const { 'THREAD#': thread, 'SEQUENCE#': sequence } = row ?? {};
  return thread === undefined || sequence === undefined ? null : { thread, sequence };
}

/** C5: DELETE of a piece of ours, refused by the library and then not. */
async function deleteSome(run: Certification): Promise<void> {
  const handle = run.handleOf('sections');
  if (handle === null) return;
  await run.maintain('deleteRefused', `DELETE NOPROMPT BACKUPPIECE '${handle}'`, { remove: 'error' });
  await run.maintain('delete', `DELETE NOPROMPT BACKUPPIECE '${handle}'`);
}

/** C4, C5: a close that fails, and a channel whose server process is killed in mid-piece. */
async function failOnPurpose(run: Certification, { killChannel }: { killChannel: boolean }): Promise<void> {
  const { file } = run.parts.dataFile;
  await run.backup('closeRefused', `DATAFILE ${file} ${run.format('closeRefused')}`, { close: 'error' });
  if (!killChannel) return;
  await run.backup('killedChannel', `DATAFILE ${file} ${run.format('killedChannel')}`, { killAfterBytes: 1 });
}
