// What a plan says of pluggable databases that came, went or changed their names since the last recovery point.
import { judgePluggables } from './judge-pluggables';

const pdb = (name: string, uid = name.length, unplugged = false) => ({ uid: String(uid), name, unplugged });
const seed = pdb('PDB$SEED');
const evidence = (...judged: Parameters<typeof judgePluggables>): string =>
  judgePluggables(...judged).evidence;

it('S2.11 tells which pluggable databases are new, unplugged and dropped', () => {
  const present = [seed, pdb('SALES', 11), pdb('HR', 12, true)];
  const known = [seed, pdb('HR', 12), pdb('OLD', 13)];
  expect(judgePluggables(present, known)).toMatchObject({
    verdict: 'warning',
    evidence: 'new since the last backup: SALES; unplugged: HR; dropped since the last backup: OLD',
  });
});

it('S2.11 takes another database of the same name for what it is, and one that was renamed for the same', () => {
  expect(evidence([pdb('SALES', 2)], [pdb('SALES', 1)])).toBe(
    'new since the last backup: SALES; dropped since the last backup: SALES',
  );
  expect(judgePluggables([pdb('SALES2', 1)], [pdb('SALES', 1)]).verdict).toBe('ok');
});

it('S2.11 has nothing to compare before the first backup, and after one that did not say', () => {
  expect(judgePluggables([seed, pdb('SALES')], null)).toMatchObject({ verdict: 'ok' });
});
