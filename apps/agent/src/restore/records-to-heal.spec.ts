// What is put right in a restored control file: nothing that is not ours, and everything the restore needs.
import { listedBesides, recordsToHeal } from './records-to-heal';

const prefix = 'a1b2c3d4/';
const NONE: ReadonlySet<string> = new Set();

it('K8 crosschecks what is needed and listed, catalogs what is needed and not listed, uncatalogs what is gone', () => {
  const listed = ['a1b2c3d4/base', 'a1b2c3d4/released', 'a1b2c3d4/older'];
  const records = { listed, needed: ['a1b2c3d4/base', 'a1b2c3d4/later'], prefix };
  expect(listedBesides(records)).toEqual(['a1b2c3d4/released', 'a1b2c3d4/older']);
  expect(recordsToHeal(records, new Set(['a1b2c3d4/older']))).toEqual({
    crosscheck: ['a1b2c3d4/base'],
    catalog: ['a1b2c3d4/later'],
    uncatalog: ['a1b2c3d4/released'],
  });
});

it('K8 leaves the pieces of other vendors and of other databases alone, and those no script can name', () => {
  const listed = [
    'LEGATO_0a1b2c3d_1_1',
    'ffffffff/of-another-database',
    'by_hand_1_1',
    'a1b2c3d4/with blanks',
  ];
  const records = { listed, needed: ['by_hand_1_1'], prefix };
  expect(listedBesides(records)).toEqual([]);
  expect(recordsToHeal(records, NONE)).toEqual({ crosscheck: ['by_hand_1_1'], catalog: [], uncatalog: [] });
});

it('K8 names a piece once, however many records it has', () => {
  const needed = ['a1b2c3d4/x', 'a1b2c3d4/x', 'a1b2c3d4/y', 'a1b2c3d4/y'];
  const listed = ['a1b2c3d4/x', 'a1b2c3d4/x', 'a1b2c3d4/z', 'a1b2c3d4/z'];
  expect(recordsToHeal({ listed, needed, prefix }, NONE)).toEqual({
    crosscheck: ['a1b2c3d4/x'],
    catalog: ['a1b2c3d4/y'],
    uncatalog: ['a1b2c3d4/z'],
  });
});
