// Packs the collector has condemned: a writer that began later must not rely on them. Read after the session marker exists (W2), so that
// either the collector sees the session or the session sees the verdict. A verdict takes the place of what was condemned: the difference
// was rescued and may be used again.
import { type ObjectStore } from '@adyton/object-store';
import { generationKey, listGenerations, readStep, type Condemned } from '../collect/generations';
import { REQUESTS_AT_ONCE } from '../limits';
import { damaged } from '../vault-error';
import { forEachAtOnce } from './at-once';

/** Object keys of all packs that are condemned and not rescued, those of past generations included. */
export async function readCondemnedPacks(store: ObjectStore): Promise<ReadonlySet<string>> {
  const dead = new Set<string>();
  await forEachAtOnce(await listGenerations(store), REQUESTS_AT_ONCE, async ({ number, steps }) => {
    const step = steps.has('verdict') ? 'verdict' : 'condemned';
    if (!steps.has(step)) return;
    const recorded = await readStep<Condemned>(store, generationKey(number, step));
    if (recorded === null) throw damaged(generationKey(number, step), 'missing'); // they are never deleted
    for (const pack of recorded.packs) dead.add(pack);
  });
  return dead;
}
