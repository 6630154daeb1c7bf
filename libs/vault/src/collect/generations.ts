// Generations of the collector as objects: gc/<generation>/{condemned,sessions,verdict,done}. Each is created once; whoever comes second
// takes what the first one wrote.
import { type ObjectStore } from '@adyton/object-store';
import { damaged } from '../vault-error';

/** What a generation may delete: object keys. */
export interface Condemned {
  readonly packs: readonly string[];
  readonly recipes: readonly string[];
}

const STEPS = ['condemned', 'sessions', 'verdict', 'done'] as const;
export type GenerationStep = (typeof STEPS)[number];

export interface Generation {
  readonly number: number;
  readonly steps: ReadonlySet<GenerationStep>;
}

/** Generations are padded, so that keys sort as numbers do. */
const GENERATION_DIGITS = 6;

export function generationKey(generation: number, step: GenerationStep): string {
  return `gc/${String(generation).padStart(GENERATION_DIGITS, '0')}/${step}`;
}

/** All generations with the steps that are done, in their order. */
export async function listGenerations(store: ObjectStore): Promise<Generation[]> {
  const steps = new Map<number, Set<GenerationStep>>();
  for await (const { key } of store.list('gc/')) {
    const [, generation = '', name = ''] = /^gc\/(\d+)\/([a-z]+)$/.exec(key) ?? [];
    const step = STEPS.find((known) => known === name);
    if (step === undefined) continue; // a later version may write more
    const found = steps.get(Number(generation)) ?? new Set();
    steps.set(Number(generation), found.add(step));
  }
  return [...steps].sort(([a], [b]) => a - b).map(([number, done]) => ({ number, steps: done }));
}

/** What was recorded for the step, or null. */
export async function readStep<T>(store: ObjectStore, key: string): Promise<T | null> {
  const bytes = await store.get(key);
  return bytes === null ? null : (JSON.parse(Buffer.from(bytes).toString('utf8')) as T);
}

/** Records the step, or finds what another collector recorded first. */
export async function recordStep<T>(store: ObjectStore, key: string, mine: T): Promise<T> {
  await store.create(key, Buffer.from(JSON.stringify(mine)));
  const recorded = await readStep<T>(store, key); // read back in either case: what counts is what the store holds
  if (recorded === null) throw damaged(key, 'missing');
  return recorded;
}
