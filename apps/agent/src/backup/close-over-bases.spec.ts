// Chains of sets from a level 1 down to its level 0, as the control file tells them, whole and broken.
import { type Scn } from '@adyton/domain';
import { closeOverBases, type BackedUpFile } from './close-over-bases';

function level0(at: string, handle: string): BackedUpFile {
  return { file: 4, level: 0, incrementalScn: '0' as Scn, checkpointScn: at as Scn, handles: [handle] };
}
function level1(from: string, to: string, handle: string): BackedUpFile {
  return { file: 4, level: 1, incrementalScn: from as Scn, checkpointScn: to as Scn, handles: [handle] };
}

it('follows each level 1 to the set that ends where it starts, down to level 0', () => {
  const newest = level1('200', '300', 'c');
  const all = [level0('100', 'a'), level1('100', '200', 'b'), newest, level0('50', 'older')];
  expect(closeOverBases(newest, all)).toEqual({ kind: 'complete', handles: ['b', 'a'] });
});

it('says at which SCN the chain breaks', () => {
  const newest = level1('200', '300', 'c');
  expect(closeOverBases(newest, [newest, level0('100', 'a')])).toEqual({ kind: 'broken', atScn: '200' });
});

it('finds the base of a file that did not change since, whose sets all end at one SCN', () => {
  const newest = level1('100', '100', 'c');
  const all = [newest, level1('100', '100', 'b'), level0('100', 'a')];
  expect(closeOverBases(newest, all)).toEqual({ kind: 'complete', handles: ['a'] });
});

it('takes the shortest way through sets that end at one SCN, and no set twice', () => {
  const newest = level1('100', '100', 'c');
  const all = [newest, level1('100', '100', 'b'), level1('50', '100', 'a1'), level0('50', 'a0')];
  expect(closeOverBases(newest, all)).toEqual({ kind: 'complete', handles: ['a1', 'a0'] });
  expect(closeOverBases(newest, [newest, level1('100', '100', 'b')])).toEqual({
    kind: 'broken',
    atScn: '100',
  });
});
