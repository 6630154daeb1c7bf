// What can be set: sizes are for tries on a small machine, sections for one figure at a time. Without settings everything runs that
// docs/operating/performance.md shows but the 16 GiB of the memory section.
import { type SubjectName, SUBJECTS } from './subjects/subject';

export const SECTIONS = ['compare', 'chain', 'memory'] as const;
export type Section = (typeof SECTIONS)[number];

export interface BenchOptions {
  /** Of each stream. */
  readonly bytes: number;
  readonly repetitions: number;
  readonly sections: readonly Section[];
  readonly subjects: readonly SubjectName[];
  /** The memory section goes on to 16 GiB. */
  readonly long: boolean;
  readonly writeDocs: boolean;
}

const UNITS: Readonly<Record<string, number>> = { M: 2 ** 20, G: 2 ** 30 };
const SMALLEST_BYTES = 16 * 2 ** 20;

/** @throws Error naming a setting that cannot be used. */
export function optionsOf(environment: Readonly<Record<string, string | undefined>>): BenchOptions {
  return {
    bytes: bytesOf(environment['BENCH_SIZE'] ?? '512M'),
    repetitions: countOf(environment['BENCH_REPETITIONS'] ?? '3'),
    sections: someOf(SECTIONS, environment['BENCH_SECTIONS'], 'BENCH_SECTIONS'),
    subjects: someOf(SUBJECTS, environment['BENCH_SUBJECTS'], 'BENCH_SUBJECTS'),
    long: environment['BENCH_LONG'] === 'yes',
    writeDocs: environment['BENCH_WRITE_DOCS'] === 'yes',
  };
}

function bytesOf(text: string): number {
  const match = /^(\d+)([MG])$/.exec(text);
  const bytes = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? NaN);
  if (!(bytes >= SMALLEST_BYTES))
    throw new Error(`BENCH_SIZE=${text}: give a size of 16M or more, as 512M or 2G`);
  return bytes;
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`BENCH_REPETITIONS=${text} is no count`);
  return count;
}

function someOf<T extends string>(known: readonly T[], text: string | undefined, name: string): readonly T[] {
  if (text === undefined) return known;
  const wanted = text.split(',');
  const unknown = wanted.filter((word) => !known.some((k) => k === word));
  if (unknown.length > 0) throw new Error(`${name}: ${unknown.join(', ')} is not one of ${known.join(', ')}`);
  return known.filter((k) => wanted.includes(k));
}
