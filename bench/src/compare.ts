// Every subject stores the same streams, in the same run: what others do on the machine hits all of them, and ratios mean more than figures.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeStream, type Series, type Step } from './datasets';
import { type BenchOptions } from './options';
import { digestSink, GB, MB, medianOf, type Cost } from './measure';
import { openAdyton } from './subjects/adyton';
import { openBorg, openTunedBorg } from './subjects/borg';
import { openRestic } from './subjects/restic';
import {
  type OpenSubject,
  type StoredStream,
  type StreamFile,
  type Subject,
  type SubjectName,
} from './subjects/subject';

const OPEN: Readonly<Record<SubjectName, OpenSubject>> = {
  adyton: openAdyton,
  restic: openRestic,
  borg: openBorg,
  'borg-tuned': openTunedBorg,
};

/** One step of one subject; medians where it was repeated. */
export interface StepRow {
  readonly series: string;
  readonly step: string;
  readonly subject: SubjectName;
  readonly bytes: number;
  readonly cpuSecondsPerGb: number;
  readonly mbPerSecond: number;
  readonly newPercent: number;
  readonly bytesStored: number;
  readonly bytesMetadata: number | null;
  readonly objects: number;
  readonly rssBytesPeak: number;
  readonly repetitions: number;
}

export interface RestoreRow {
  readonly series: string;
  readonly step: string;
  readonly subject: SubjectName;
  readonly mbPerSecond: number;
  readonly cpuSecondsPerGb: number;
  readonly repetitions: number;
}

export interface Comparison {
  readonly steps: readonly StepRow[];
  readonly restores: readonly RestoreRow[];
}

interface PreparedStep {
  readonly step: Step;
  readonly stream: StreamFile;
}

interface Place {
  readonly directory: string;
  readonly say: (text: string) => void;
}

export async function compareSeries(
  series: Series,
  options: BenchOptions,
  place: Place,
): Promise<Comparison> {
  const streams = join(place.directory, 'streams');
  const prepared = [...prepare(series, streams)];
  const steps: StepRow[] = [];
  const restores: RestoreRow[] = [];
  const repetitions = series.repeated ? options.repetitions : 1;
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const name of options.subjects) {
      const measured = await measureSubject(name, { series, prepared }, place);
      steps.push(...measured.steps);
      restores.push(...measured.restores);
    }
  }
  rmSync(streams, { recursive: true, force: true });
  return { steps: mediansOf(steps), restores: mediansOf(restores) };
}

function* prepare(series: Series, directory: string): Generator<PreparedStep> {
  for (const step of series.steps()) yield { step, stream: writeStream(directory, step) };
}

async function measureSubject(
  name: SubjectName,
  { series, prepared }: { series: Series; prepared: readonly PreparedStep[] },
  place: Place,
): Promise<Comparison> {
  const directory = join(place.directory, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const steps: StepRow[] = [];
  const restores: RestoreRow[] = [];
  const subject = await OPEN[name](directory);
  try {
    for (const [i, { step, stream }] of prepared.entries()) {
      const names = { series: series.name, step: step.name, subject: name };
      const row = stepRow(names, stream, await subject.backUp(step.name, stream));
      steps.push(row);
      place.say(lineOf(row));
      if (i > 0 && i < prepared.length - 1) continue; // the first and the last are restored
      const restored = restoreRow(names, stream, await restoreChecked(subject, step.name, stream));
      restores.push(restored);
      place.say(`  restored at ${restored.mbPerSecond.toFixed(0)} MB/s`);
    }
  } finally {
    await subject.close();
  }
  rmSync(directory, { recursive: true, force: true });
  return { steps, restores };
}

/** Restores and compares digests. @throws Error when other bytes come back than went in. */
export async function restoreChecked(subject: Subject, name: string, stream: StreamFile): Promise<Cost> {
  const sink = digestSink();
  const cost = await subject.restore(name, sink);
  const { sha256, bytes } = sink.result();
  if (sha256 !== stream.sha256)
    throw new Error(
      `${subject.name} restored ${bytes} bytes of ${name} that are not the ${stream.bytes} stored`,
    );
  return cost;
}

type Names = Pick<StepRow, 'series' | 'step' | 'subject'>;

export function stepRow(names: Names, { bytes }: { readonly bytes: number }, stored: StoredStream): StepRow {
  return {
    ...names,
    bytes,
    cpuSecondsPerGb: (stored.cost.cpuSeconds * GB) / bytes,
    mbPerSecond: bytes / MB / stored.cost.wallSeconds,
    newPercent: (stored.bytesNew * 100) / bytes,
    bytesStored: stored.bytesStored,
    bytesMetadata: stored.bytesMetadata,
    objects: stored.objects,
    rssBytesPeak: stored.cost.rssBytesPeak,
    repetitions: 1,
  };
}

export function restoreRow(names: Names, { bytes }: { readonly bytes: number }, cost: Cost): RestoreRow {
  return {
    ...names,
    mbPerSecond: bytes / MB / cost.wallSeconds,
    cpuSecondsPerGb: (cost.cpuSeconds * GB) / bytes,
    repetitions: 1,
  };
}

/** One row for the repetitions of each step of each subject: the median of every figure. */
export function mediansOf<R extends Names>(rows: readonly R[]): R[] {
  const groups = Map.groupBy(rows, (row) => `${row.series} ${row.step} ${row.subject}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const figures = Object.keys(first).filter((name) => typeof first[name as keyof R] === 'number');
    const medians = figures.map((name) => [
      name,
      medianOf(group.map((row) => row[name as keyof R] as number)),
    ]);
    return [{ ...first, ...Object.fromEntries(medians), repetitions: group.length } as R];
  });
}

export function lineOf(row: StepRow): string {
  return [
    `${row.series} ${row.step} ${row.subject}:`,
    `${row.cpuSecondsPerGb.toFixed(2)} CPU s/GB,`,
    `${row.mbPerSecond.toFixed(0)} MB/s,`,
    `new ${row.newPercent.toFixed(3)} %,`,
    `stored ${((row.bytesStored * 100) / row.bytes).toFixed(3)} %,`,
    row.bytesMetadata === null ? '' : `metadata ${((row.bytesMetadata * 100) / row.bytes).toFixed(3)} %,`,
    `${row.objects} objects,`,
    `${(row.rssBytesPeak / MB).toFixed(0)} MB`,
  ].join(' ');
}
