// `make bench`: the deduplicating data path beside restic and borg, with the bounds it is held to. Writes report.json and report.md in
// build/bench, and the figures of docs/operating/performance.md when BENCH_WRITE_DOCS=yes. Ends with 1 when a bound is missed.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDir } from '../../stack/src/repository';
import { judge, type Figures } from './bounds';
import { measureChain } from './chain';
import { compareSeries, type RestoreRow, type StepRow } from './compare';
import { allSeries } from './datasets';
import { measureMemory, type MemoryFigures } from './memory';
import { optionsOf, type BenchOptions } from './options';
import { boundLine, machineName, markdownOf, withFigures, type Report } from './report';

const GIB = 2 ** 30;
const MEMORY_BYTES = 2 * GIB;
const MEMORY_BYTES_LONG = 16 * GIB;
const benchDir = join(buildDir, 'bench');
const page = join(buildDir, '..', 'docs', 'operating', 'performance.md');

type Place = Parameters<typeof compareSeries>[2];

async function main(): Promise<void> {
  const options = optionsOf(process.env);
  const directory = join(benchDir, 'work');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const began = performance.now();
  const figures = await measureAll(options, { directory, say });
  rmSync(directory, { recursive: true, force: true });
  const report: Report = {
    date: new Date().toISOString(),
    machine: machineName(),
    minutes: (performance.now() - began) / 60_000,
    options,
    bounds: judge(figures),
    ...figures,
  };
  write(report);
  for (const result of report.bounds) say(boundLine(result));
  if (report.bounds.some((result) => result.met === false)) process.exitCode = 1;
}

async function measureAll(options: BenchOptions, place: Place): Promise<Figures> {
  const runs = (section: BenchOptions['sections'][number]): boolean => options.sections.includes(section);
  const steps: StepRow[] = [];
  const restores: RestoreRow[] = [];
  for (const series of runs('compare') ? allSeries(options.bytes) : []) {
    const compared = await compareSeries(series, options, place);
    steps.push(...compared.steps);
    restores.push(...compared.restores);
  }
  const chain = runs('chain') ? await measureChain(options.bytes, place) : null;
  const memory: MemoryFigures[] = [];
  const sizes = options.long ? [MEMORY_BYTES, MEMORY_BYTES_LONG] : [MEMORY_BYTES];
  for (const bytes of runs('memory') ? sizes : []) memory.push(await measureMemory(bytes, place));
  return { comparison: { steps, restores }, chain, memory };
}

function write(report: Report): void {
  const markdown = markdownOf(report, allSeries(report.options.bytes));
  writeFileSync(join(benchDir, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(benchDir, 'report.md'), markdown);
  if (report.options.writeDocs) writeFileSync(page, withFigures(readFileSync(page, 'utf8'), markdown));
}

function say(text: string): void {
  process.stdout.write(`bench: ${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
