// The level of each data file, by what was asked, what the control file lists and what the vault holds.
import { chooseBackupLevel, type DataFileToBackUp, type LevelQuestion } from './choose-backup-level';
import { parseScn } from './scn';

const OURS = 'k/ours';
const scn = (n: number) => parseScn(String(n));

function file(
  number: number,
  base?: { handle: string; deviceType?: string },
  createdAt = 10,
): DataFileToBackUp {
  return {
    file: number,
    creationScn: scn(createdAt),
    base:
      base === undefined
        ? null
        : {
            handle: base.handle,
            level: 0,
            checkpointScn: scn(100),
            deviceType: base.deviceType ?? 'SBT_TAPE',
          },
  };
}

function decide(question: Partial<LevelQuestion>) {
  return chooseBackupLevel({
    asked: 'auto',
    files: [file(1, { handle: OURS })],
    resetlogsScn: scn(1),
    lastPoint: { resetlogsScn: scn(1), redoFromScn: scn(200) },
    handlesInVault: new Set([OURS]),
    ownPrefix: 'k/',
    ...question,
  });
}

describe('chooseBackupLevel', () => {
  it('S2.1 takes level 0 first and S2.2 level 1 from then on', () => {
    expect(decide({ files: [file(1)], lastPoint: null })).toMatchObject({
      level: 'level0',
      reason: 'first-backup',
    });
    expect(decide({})).toMatchObject({ level: 'level1', reason: 'level0-exists' });
  });

  it('takes level 0 when a full backup was asked for', () => {
    expect(decide({ asked: 'full' })).toMatchObject({ level: 'level0', reason: 'asked-full' });
  });

  it('backs up only logs when logs were asked for', () => {
    expect(decide({ asked: 'archivelog' })).toEqual({
      level: 'archivelog',
      reason: 'archivelog-asked',
      files: [],
    });
  });

  it('S2.1 takes level 0 again after RESETLOGS', () => {
    expect(decide({ resetlogsScn: scn(500) })).toMatchObject({ level: 'level0', reason: 'resetlogs' });
  });

  it('S2.1 gives a new data file level 0 in the same run as the others get level 1', () => {
    const { level, files } = decide({ files: [file(1, { handle: OURS }), file(2, undefined, 300)] });
    expect(level).toBe('level1');
    expect(files.map((f) => [f.file, f.level, f.reason])).toEqual([
      [1, 1, 'level0-exists'],
      [2, 0, 'new-file'],
    ]);
  });

  it('S4.2 calls a file new that the last point has the redo of and no piece, created at the very SCN its redo begins at too', () => {
    const { files } = decide({ files: [file(1, { handle: OURS }), file(2, undefined, 200)] });
    expect(files[1]).toMatchObject({ level: 0, reason: 'new-file' });
  });

  it('S2.1 says that the base of an old file is gone, not that the file is new', () => {
    const { files } = decide({ files: [file(1, { handle: OURS }), file(2, undefined, 10)] });
    expect(files[1]).toMatchObject({ level: 0, reason: 'base-expired' });
  });

  it('S2.6 does not take what a failed level 0 left for a full backup', () => {
    expect(decide({ lastPoint: null })).toMatchObject({ level: 'level0', reason: 'base-failed' });
  });

  it('S2.1 builds on a base that was written by hand through our library, whatever its handle', () => {
    const byHand = file(1, { handle: '0b3q_1_1' });
    expect(decide({ files: [byHand], handlesInVault: new Set(['0b3q_1_1']) })).toMatchObject({
      level: 'level1',
      reason: 'level0-exists',
    });
  });

  it.each([
    ['on disk', { handle: '/u01/fra/o1_mf.bkp', deviceType: 'DISK' }, 'foreign-base'],
    ['an image copy', { handle: '/u02/copies/users01.dbf', deviceType: 'DISK' }, 'foreign-base'],
    ['of another media manager', { handle: 'theirs' }, 'foreign-base'],
    ['not in this vault any more', { handle: 'k/gone' }, 'base-forgotten'],
  ])('S2.10 never builds a level 1 on a base that is %s, and says which', (_, base, reason) => {
    expect(decide({ files: [file(1, base)] }).files).toEqual([
      { file: 1, level: 0, reason, baseHandle: base.handle },
    ]);
  });
});
