// What takes time, packs and whole pieces, area by area: first what was verified longest ago. So a verification that ends with its time goes
// on next time with what it did not reach, and packs do not keep pieces waiting for ever.
import { checkPackArea, type DamagedPacks, packIdOf } from './check-packs';
import { checkPieceArea } from './check-pieces';
import { type LiveClosure } from './live-closure';
import { areaOf, leastRecentFirst, withVerified } from './verify-state';
import { type VerifyRun } from './verify-run';

/** Adds to `found`. */
export async function checkAreas(run: VerifyRun, closure: LiveClosure, found: DamagedPacks): Promise<void> {
  const packs = groupByArea(closure.packs.keys());
  const pieces = groupByArea(run.level >= 3 ? closure.pieces.keys() : []);
  for (const area of leastRecentFirst(run.state, run.level, [...packs.keys(), ...pieces.keys()])) {
    const all = packs.get(area) ?? pieces.get(area) ?? [];
    const isOfPacks = packs.has(area);
    const chosen = all.filter((key) => run.isChosen(isOfPacks ? packIdOf(key) : nameOfPiece(key)));
    const check = isOfPacks ? checkPackArea : checkPieceArea;
    const left = await check(run, { closure, found }, chosen);
    run.left[isOfPacks ? 'packs' : 'pieces'] += left;
    if (left === 0 && chosen.length === all.length && run.isWhole)
      run.state = withVerified(run.state, { area, level: run.level, at: run.options.now() });
  }
}

function groupByArea(keys: Iterable<string>): Map<string, string[]> {
  const areas = new Map<string, string[]>();
  for (const key of keys) {
    const area = areas.get(areaOf(key)) ?? [];
    areas.set(areaOf(key), area);
    area.push(key);
  }
  return areas;
}

/** The keyed hash in the name of a recipe. */
function nameOfPiece(recipeKey: string): string {
  return recipeKey.split('/')[2] ?? '';
}
