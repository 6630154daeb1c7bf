// Files that came while a backup was on its way: which of them the redo since their creation makes, and whether the point has all of it.
import { type Scn } from '@adyton/domain';
import { type DataFileFacts } from './backup-run';
import { consistencyOf, type ReconciledFile } from './judge-consistency';
import { assertRedoSinceCreation, plannedFrom, recreatedFile, whyNotFromRedo } from './judge-late-files';
import { type LogContents } from './point-contents';

const scn = (n: number) => String(n) as Scn;
const PLANNED = { scn: scn(500), openPluggables: new Set(['77']) };

function late(fields: Partial<DataFileFacts> = {}): DataFileFacts {
  return {
    ...{ file: 11, name: '/u02/late01.dbf', tablespace: 'LATE', bytes: 8192, blockBytes: 8192 },
    ...{ status: 'ONLINE', enabled: 'READ WRITE', headerError: null },
    ...{ creationScn: scn(600), checkpointScn: scn(650), unrecoverableScn: scn(0) },
    ...{ isPluggedIn: false, pluggable: null },
    ...fields,
  };
}

const LATE = {
  file: 11,
  name: '/u02/late01.dbf',
  tablespace: 'LATE',
  bytes: 8192,
  blockBytes: 8192,
  creationScn: scn(600),
};

const log = (thread: number, first: number, next: number): LogContents => ({
  ...{ thread, sequence: first, resetlogsScn: scn(1), handle: `k/log${thread}-${first}` },
  ...{ firstScn: scn(first), nextScn: scn(next) },
});

const backedUp = (checkpoint: number): ReconciledFile => ({
  facts: late({ file: 1 }),
  contents: {
    ...{ file: 1, name: '/u02/users01.dbf', tablespace: 'USERS', bytes: 8192, blockBytes: 8192, level: 0 },
    ...{ checkpointScn: scn(checkpoint), absoluteFuzzyScn: scn(0), incrementalScn: scn(0) },
    ...{ handles: ['k/file1'], baseHandles: [] },
  },
});

it('S4.2 takes a file that was created since the plan, at the very SCN it was made from too, for one that redo makes', () => {
  expect(recreatedFile(late(), PLANNED)).toEqual(LATE);
  expect(whyNotFromRedo(late({ creationScn: scn(500) }), PLANNED)).toBeNull();
  expect(whyNotFromRedo(late({ pluggable: { uid: '77', isOpen: true } }), PLANNED)).toBeNull();
});

it.each<[string, Partial<DataFileFacts>, RegExp]>([
  ['was there before the plan', { creationScn: scn(499) }, /created at SCN 499, before/],
  ['was plugged in', { isPluggedIn: true }, /plugged in/],
  ['is of a pluggable database that came later', { pluggable: { uid: '78', isOpen: true } }, /pluggable/],
  ['has changes without redo', { unrecoverableScn: scn(620) }, /without redo, the last at SCN 620/],
  ['is read only', { enabled: 'READ ONLY' }, /ONLINE, READ ONLY/],
  ['is offline', { status: 'RECOVER' }, /RECOVER/],
])('S4.2 does not when it %s, and says so', (_, fields, why) => {
  expect(whyNotFromRedo(late(fields), PLANNED)).toMatch(why);
  expect(() => recreatedFile(late(fields), PLANNED)).toThrow(
    expect.objectContaining({
      code: 'ADY_RECONCILE_FAILED',
      message: expect.stringMatching(/^data file 11 \(\/u02\/late01\.dbf\) is in no piece/) as string,
    }) as Error,
  );
});

it('S4.2 takes no file for new when the plan had no SCN, because the database was not open', () => {
  expect(whyNotFromRedo(late(), { ...PLANNED, scn: scn(0) })).toContain('not open');
});

it('S4.2 counts a pluggable database as there when it was open, not while it is being made', () => {
  const files = [
    late(),
    late({ pluggable: { uid: '77', isOpen: true } }),
    late({ pluggable: { uid: '78', isOpen: false } }),
  ];
  expect(plannedFrom({ currentScn: scn(500) }, files)).toEqual(PLANNED);
});

it('S4.2 begins the redo of a point at the creation, and makes it consistent behind it', () => {
  const files = [backedUp(610), backedUp(620)];
  expect(consistencyOf({ files, recreated: [LATE] }, [])).toEqual({
    redoFromScn: scn(600),
    consistentScn: scn(620),
  });
  expect(consistencyOf({ files: [backedUp(590)], recreated: [LATE] }, [])).toEqual({
    redoFromScn: scn(590),
    consistentScn: scn(601),
  });
});

it('S4.2 wants the logs of every thread to lead from the creation to the consistent SCN, and names file, SCN and thread', () => {
  const consistency = { redoFromScn: scn(590), consistentScn: scn(620) };
  const judge = (...logs: LogContents[]) => {
    assertRedoSinceCreation([LATE], logs, consistency);
  };
  expect(() => judge(log(1, 580, 610), log(1, 610, 630), log(2, 500, 620))).not.toThrow();
  for (const logs of [
    [log(1, 580, 630), log(2, 500, 610)],
    [log(1, 601, 630), log(2, 500, 630)],
    [log(1, 580, 605), log(1, 606, 630), log(2, 500, 630)],
  ])
    expect(() => judge(...logs)).toThrow(
      expect.objectContaining({
        code: 'ADY_RECONCILE_FAILED',
        message: expect.stringMatching(
          /data file 11 .+ created at SCN 600.+thread \d.+SCN 6\d\d, not to 620/,
        ) as string,
      }) as Error,
    );
});
