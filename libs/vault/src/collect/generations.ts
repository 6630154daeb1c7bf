// Generations of the collector as objects: gc/<generation>/{condemned,sessions,verdict,done}. Each is created once; whoever comes second
// takes what the first one wrote. Each has a copy, because every writer and every restore depends on reading them for ever.
import { type ObjectStore } from '@adyton/object-store';
import { readStampedJson, stampJson } from '../format/stamped-json';
import { damaged, unlessDamaged } from '../vault-error';

/** What a generation may delete: object keys. */
export interface Condemned {
  readonly packs: readonly string[];
  readonly recipes: readonly string[];
}

/** Ends the name of a step's second object; its bytes are those of the first. */
const COPY = '.copy';
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
    const [, generation = '', name = ''] = /^gc\/(\d+)\/([a-z]+)(?:\.copy)?$/.exec(key) ?? [];
    const step = STEPS.find((known) => known === name);
    if (step === undefined) continue; // a later version may write more
    const found = steps.get(Number(generation)) ?? new Set();
    steps.set(Number(generation), found.add(step));
  }
  return [...steps].sort(([a], [b]) => a - b).map(([number, done]) => ({ number, steps: done }));
}

/** What was recorded for the step, or null. @throws VaultError damaged when neither the object nor its copy is whole */
export async function readStep<T>(store: ObjectStore, key: string): Promise<T | null> {
  const first = await store.get(key);
  if (first !== null) {
    const recorded = await unlessDamaged(async () => readStampedJson<T>(key, first));
    if (recorded !== null) return recorded;
  }
  const copy = await store.get(`${key}${COPY}`);
  if (copy !== null) return readStampedJson<T>(key, copy);
  if (first === null) return null;
  throw damaged(key, 'altered');
}

/** Records the step and its copy, or finds what another collector recorded first. */
export async function recordStep<T>(store: ObjectStore, key: string, mine: T): Promise<T> {
  await store.create(key, stampJson(key, mine));
  const recorded = await readStep<T>(store, key); // read back in either case: what counts is what the store holds
  if (recorded === null) throw damaged(key, 'missing');
  await store.create(`${key}${COPY}`, stampJson(key, recorded));
  return recorded;
}

/** One object of a step, as verification looks at it. @throws VaultError damaged */
export function checkStepObject(objectKey: string, bytes: Uint8Array): void {
  readStampedJson(stepOf(objectKey), bytes);
}

/** The first object of the step that an object belongs to: itself, or the one it is a copy of. */
export function stepOf(objectKey: string): string {
  return objectKey.endsWith(COPY) ? objectKey.slice(0, -COPY.length) : objectKey;
}
