// What is expected to be read and sent, by level and by what the last backups tell.
import { type DataFileLevel } from './choose-backup-level';
import { estimateBackup, type LastLevel1 } from './estimate-backup';

const MIB = 1_048_576;
const nothing = { lastLevel1: new Map<number, LastLevel1>(), finished: new Set<number>() };
const level = (file: number, to: 0 | 1): DataFileLevel => ({
  file,
  level: to,
  reason: to === 0 ? 'first-backup' : 'level0-exists',
  baseHandle: null,
});
const last = (fields: Partial<LastLevel1>): LastLevel1 => ({
  bytesWritten: MIB,
  bytesRead: 2 * MIB,
  fileBytes: 50 * MIB,
  usedChangeTracking: false,
  ...fields,
});
const oneFile = (to: 0 | 1, history?: LastLevel1) => {
  const estimate = estimateBackup({
    files: [{ file: 1, bytes: 100 * MIB }],
    levels: [level(1, to)],
    ...nothing,
    lastLevel1: new Map(history === undefined ? [] : [[1, history]]),
  });
  return estimate.kind === 'estimated' ? estimate.files[0] : undefined;
};

it('S3.1 counts whole files at level 0, and the sum of all', () => {
  const files = [1, 2, 3].map((file) => ({ file, bytes: file * MIB }));
  const levels = files.map(({ file }) => level(file, 0));
  const estimate = estimateBackup({ files, levels, ...nothing });
  expect(estimate).toMatchObject({ kind: 'estimated', bytesExpected: 6 * MIB });
  expect(oneFile(0)).toMatchObject({ bytesToRead: 100 * MIB, method: 'whole-file' });
});

it('S3.2 takes a level 1 from block change tracking where the last one used it, else from its share', () => {
  expect(oneFile(1, last({ usedChangeTracking: true }))).toEqual({
    file: 1,
    bytesToRead: 2 * MIB,
    bytesExpected: MIB,
    method: 'change-tracking',
  });
  expect(oneFile(1, last({}))).toEqual({
    file: 1,
    bytesToRead: 100 * MIB,
    bytesExpected: 2 * MIB,
    method: 'last-level1',
  });
  expect(oneFile(1)).toMatchObject({ bytesToRead: 100 * MIB, bytesExpected: 10 * MIB, method: 'guess' });
});

it('S3.2 never expects more than a file holds', () => {
  const history = last({ bytesWritten: 900 * MIB, bytesRead: 900 * MIB, usedChangeTracking: true });
  expect(oneFile(1, history)).toMatchObject({ bytesToRead: 100 * MIB, bytesExpected: 100 * MIB });
});

it('S3.3 is no estimate of 0 bytes when there is no data file', () => {
  expect(estimateBackup({ files: [], levels: [], ...nothing })).toEqual({ kind: 'no-data-files' });
});

it('reads no data file in an archived-log run', () => {
  expect(estimateBackup({ files: [{ file: 1, bytes: MIB }], levels: [], ...nothing })).toEqual({
    kind: 'estimated',
    files: [{ file: 1, bytesToRead: 0, bytesExpected: 0, method: 'not-read' }],
    bytesExpected: 0,
  });
});

it('S5.7 expects nothing of a file that an interrupted attempt finished', () => {
  const files = [1, 2].map((file) => ({ file, bytes: MIB }));
  const levels = files.map(({ file }) => level(file, 0));
  const estimate = estimateBackup({ files, levels, ...nothing, finished: new Set([1]) });
  expect(estimate).toMatchObject({
    files: [{ file: 1, bytesToRead: 0, bytesExpected: 0, method: 'resumed' }, { method: 'whole-file' }],
    bytesExpected: MIB,
  });
});
