// C2: which backup a level 1 builds on.
import { notSeen, verdict, type JudgedClaim } from './claim';
import { of, parentIs, parentIsNot, recordOf } from './judging';

export const PARENTS: readonly JudgedClaim[] = [
  {
    id: 'parent-newest-level-0',
    point: 'C2',
    what: 'a level 1 builds on the newest level 0 or 1 of its file',
    mark: 'C',
    judge: parentIs('level1', 'level0b', ['level0a']),
  },
  {
    id: 'parent-cumulative',
    point: 'C2',
    what: 'CUMULATIVE builds on the newest level 0, whatever level 1 came since',
    mark: 'C',
    judge: parentIs('cumulative', 'level0b', ['level0a', 'level1']),
  },
  {
    id: 'parent-uncatalogued',
    point: 'C2',
    what: 'an uncatalogued level 0 is no parent: the one before is',
    mark: 'C',
    judge: parentIs('cumulativeAfterUncatalog', 'level0a', ['level0b', 'level1', 'cumulative']),
  },
  {
    id: 'parent-expired',
    point: 'C2',
    what: 'an EXPIRED level 0 is no parent',
    mark: 'C',
    judge: parentIsNot('cumulativeAfterExpire', 'level0a'),
  },
  {
    id: 'level1-without-parent',
    point: 'C2',
    what: 'without a parent that can be used a level 1 stays a level 1',
    mark: 'C',
    judge: of('cumulativeAfterExpire', (step, evidence) => {
      const level = recordOf(evidence, 'cumulativeAfterExpire')?.level;
      if (!step.output.includes('no parent backup or copy of datafile'))
        return notSeen('RMAN found a parent');
      return verdict(level === 1, `recorded as level ${level ?? 'none'}`);
    }),
  },
  {
    id: 'new-file-level-1',
    point: 'C2',
    what: 'a level 1 of a file that was never backed up, as a new one, holds all blocks changed since its creation, and stays a level 1',
    mark: 'C',
    judge: of('newFileLevel1', ({ exitCode }, evidence) => {
      const record = recordOf(evidence, 'newFileLevel1');
      if (record === undefined || evidence.newFile === null) return notSeen(`exit ${exitCode}, no record`);
      const { level, incrementalScn } = record;
      const seen = `level ${level ?? 'none'} from SCN ${incrementalScn}; created at ${evidence.newFile.creationScn}`;
      return verdict(level === 1 && BigInt(incrementalScn) <= BigInt(evidence.newFile.creationScn), seen);
    }),
  },
  {
    id: 'parent-on-disk',
    point: 'C2',
    what: 'a level 0 on disk is a parent of a level 1 on tape, whoever made it',
    mark: 'C',
    judge: parentIs('cumulativeAfterDisk', 'diskLevel0', ['level0a', 'level0b']),
  },
  {
    id: 'parent-image-copy',
    point: 'C2',
    what: 'an image copy that was made as a level 0 is a parent',
    mark: 'C',
    judge: parentIs('cumulativeAfterCopy', 'imageCopy', ['level0b', 'diskLevel0']),
  },
  {
    id: 'copy-without-level',
    point: 'C2',
    what: 'an image copy that was made without a level is no parent',
    mark: 'C',
    judge: parentIsNot('cumulativeAfterPlainCopy', 'plainCopy'),
  },
  {
    id: 'parent-of-failed-command',
    point: 'C2',
    what: 'a level 0 whose set was finished is a parent, although its command failed afterwards',
    mark: 'C',
    judge: (evidence) => {
      const failed = evidence.steps.partFailed;
      if (failed === undefined || failed.exitCode === 0)
        return notSeen('no command failed after its first set');
      return parentIs('level1AfterPartFailed', 'partFailed', ['imageCopy', 'plainCopy'])(evidence);
    },
  },
];
