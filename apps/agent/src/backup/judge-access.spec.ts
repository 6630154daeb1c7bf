// Files that can be read, files that cannot, and for which of them the backup goes on.
import { type Scn } from '@adyton/domain';
import { type DataFileFacts } from './backup-run';
import { judgeAccess } from './judge-access';
import { consistencyOf, findRedoGap, needsRecovery, type ReconciledFile } from './judge-consistency';

const facts = (file: number, fields: Partial<DataFileFacts> = {}): DataFileFacts =>
  ({
    file,
    name: `/u02/file${file}.dbf`,
    tablespace: 'USERS',
    bytes: 1_000,
    status: 'ONLINE',
    enabled: 'READ WRITE',
    headerError: null,
    ...fields,
  }) as DataFileFacts;

it('S3.5 reads offline and read-only files, and names those that cannot be read', () => {
  const files = [
    facts(1, { status: 'SYSTEM' }),
    facts(2, { enabled: 'READ ONLY' }),
    facts(3, { status: 'OFFLINE', enabled: 'DISABLED', headerError: 'OFFLINE NORMAL' }),
    facts(4, { status: 'RECOVER' }),
    facts(5, { headerError: 'FILE NOT FOUND' }),
  ];
  const { readable, leftOut, check } = judgeAccess(files);
  expect(readable.map((f) => f.file)).toEqual([1, 2, 3, 4]);
  expect(leftOut).toMatchObject([
    { file: 5, name: '/u02/file5.dbf', reason: 'inaccessible', detail: 'it cannot be read: FILE NOT FOUND' },
  ]);
  expect(check).toMatchObject({ verdict: 'warning' });
  expect(check.evidence).toContain('/u02/file5.dbf');
});

it('S3.5 fails for a SYSTEM file that cannot be read: nothing could be restored without it', () => {
  const broken = facts(1, { status: 'SYSTEM', headerError: 'CANNOT READ HEADER' });
  expect(() => judgeAccess([broken])).toThrow(
    expect.objectContaining({ code: 'ADY_SYSTEM_FILE_INACCESSIBLE' }) as Error,
  );
});

const backedUp = (checkpoint: string, fields: Partial<DataFileFacts> = {}): ReconciledFile =>
  ({
    facts: facts(1, fields),
    contents: { checkpointScn: checkpoint as Scn, absoluteFuzzyScn: '0' as Scn },
  }) as ReconciledFile;
type Log = Parameters<typeof findRedoGap>[0][number];
const log = (thread: number, first: string, next: string): Log =>
  ({ thread, firstScn: first as Scn, nextScn: next as Scn }) as Log;

it('S3.5 asks for no redo for files that nobody can have written to since their old checkpoint', () => {
  const files = [
    backedUp('500'),
    backedUp('20', { enabled: 'READ ONLY' }),
    backedUp('30', { status: 'OFFLINE', enabled: 'DISABLED' }),
  ];
  expect(consistencyOf({ files, recreated: [] }, [])).toEqual({ consistentScn: '500', redoFromScn: '500' });
  expect(
    consistencyOf({ files: [...files, backedUp('40', { status: 'RECOVER' })], recreated: [] }, []),
  ).toMatchObject({
    redoFromScn: '40',
  });
  expect(needsRecovery(backedUp('40', { status: 'RECOVER' }))).toBe(true);
});

it('S5.13 finds the thread whose logs do not lead all the way', () => {
  const logs = [log(1, '10', '100'), log(1, '100', '300'), log(2, '5', '80'), log(2, '90', '300')];
  expect(findRedoGap(logs, '50' as Scn, '80' as Scn)).toBeNull();
  expect(findRedoGap(logs, '50' as Scn, '200' as Scn)).toEqual({ thread: 2, reachedScn: '80' });
});
