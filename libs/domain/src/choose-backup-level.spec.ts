import { chooseBackupLevel, type DataFileToBackUp, type LevelQuestion } from './choose-backup-level';
import { parseScn } from './scn';

const scn = (n: number) => parseScn(String(n));

function file(number: number, base?: { handle: string; deviceType?: string }): DataFileToBackUp {
  return {
    file: number,
    creationScn: scn(10),
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
    files: [file(1, { handle: 'ours' })],
    resetlogsScn: scn(1),
    lastResetlogsScn: scn(1),
    handlesInVault: new Set(['ours']),
    ...question,
  });
}

describe('chooseBackupLevel', () => {
  it('takes level 0 first and level 1 from then on', () => {
    expect(decide({ files: [file(1)], lastResetlogsScn: null })).toMatchObject({
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

  it('takes level 0 again after RESETLOGS', () => {
    expect(decide({ resetlogsScn: scn(500) })).toMatchObject({ level: 'level0', reason: 'resetlogs' });
  });

  it('gives a new data file level 0 in the same run as the others get level 1', () => {
    const { level, files } = decide({ files: [file(1, { handle: 'ours' }), file(2)] });
    expect(level).toBe('level1');
    expect(files.map((f) => [f.file, f.level, f.reason])).toEqual([
      [1, 1, 'level0-exists'],
      [2, 0, 'new-file'],
    ]);
  });

  it.each([
    ['on disk', { handle: '/u01/fra/o1_mf.bkp', deviceType: 'DISK' }, 'foreign-base'],
    ['not in this vault', { handle: 'theirs' }, 'base-forgotten'],
  ])('never builds a level 1 on a base that is %s, and says which', (_, base, reason) => {
    expect(decide({ files: [file(1, base)] }).files).toEqual([
      { file: 1, level: 0, reason, baseHandle: base.handle },
    ]);
  });
});
