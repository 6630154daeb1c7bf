// What the estimate lists of the data files, and that it fails rather than counts none.
import { type LevelDecision } from '@adyton/domain';
import { OracleError } from '@adyton/oracle';
import { type DataFileFacts } from './backup-run';
import { estimateDataFiles } from './estimate-data-files';

const dataFile = (file: number, extras: Partial<DataFileFacts> = {}): DataFileFacts =>
  ({
    file,
    name: `/u02/file${file}.dbf`,
    bytes: 1_000,
    status: 'ONLINE',
    enabled: 'READ WRITE',
    headerError: null,
    ...extras,
  }) as DataFileFacts;
const decision: LevelDecision = {
  level: 'level0',
  reason: 'first-backup',
  files: [1, 2, 3].map((file) => ({ file, level: 0, reason: 'first-backup', baseHandle: null })),
};
const question = { decision, finished: new Map<number, string[]>() };
const database = { lastLevel1: () => Promise.resolve(new Map()) };

it('S3.1 lists every data file with size and status, offline and read-only ones marked', async () => {
  const files = [dataFile(1), dataFile(2, { enabled: 'READ ONLY' }), dataFile(3, { status: 'OFFLINE' })];
  const estimate = await estimateDataFiles(database, files, question);
  expect(estimate.bytesExpected).toBe(3_000);
  expect(estimate.files.map((f) => [f.file, f.bytes, f.status, f.method])).toEqual([
    [1, 1_000, 'ONLINE', 'whole-file'],
    [2, 1_000, 'ONLINE, READ ONLY', 'whole-file'],
    [3, 1_000, 'OFFLINE', 'whole-file'],
  ]);
});

it('S3.3 fails with its own code when the database does not answer, and for zero data files', async () => {
  const broken = { lastLevel1: () => Promise.reject(new OracleError('query', 'ORA-00942', 'no such view')) };
  await expect(estimateDataFiles(broken, [dataFile(1)], question)).rejects.toMatchObject({
    code: 'ADY_ESTIMATE_FAILED',
    oraErrors: ['ORA-00942'],
  });
  await expect(estimateDataFiles(database, [], question)).rejects.toMatchObject({
    code: 'ADY_NO_DATA_FILES',
  });
});
