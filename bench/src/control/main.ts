// `make bench-control`: how late runs start, and whether any is lost, with a fleet of simulated hosts. Writes control.json and control.md in
// build/bench, and the figures of docs/operating/performance.md when BENCH_WRITE_DOCS=yes. Ends with 1 when a bound is missed.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { buildDir } from '../../../stack/src/repository';
import { boundLine, machineName, withFigures } from '../report';
import { judgeControl } from './bounds';
import { controlOptionsOf } from './options';
import { CONTROL_MARKS, markdownOfControl, type ControlReport } from './report';
import { runScenario, type ScenarioFigures } from './scenario';

const benchDir = join(buildDir, 'bench');
const page = join(buildDir, '..', 'docs', 'operating', 'performance.md');

async function main(): Promise<void> {
  const options = controlOptionsOf(process.env);
  const directory = join(benchDir, 'control-work');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const [loadBefore = 0] = loadavg();
  const began = performance.now();
  const scenarios: ScenarioFigures[] = [];
  for (const name of options.scenarios) {
    const figures = await runScenario(name, options, { directory, say });
    say(JSON.stringify(figures));
    scenarios.push(figures);
  }
  rmSync(directory, { recursive: true, force: true });
  const report: ControlReport = {
    date: new Date().toISOString(),
    machine: machineName(),
    minutes: (performance.now() - began) / 60_000,
    loadBefore,
    options,
    scenarios,
    bounds: judgeControl(scenarios),
  };
  const markdown = markdownOfControl(report);
  writeFileSync(join(benchDir, 'control.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(benchDir, 'control.md'), markdown);
  if (options.writeDocs)
    writeFileSync(page, withFigures(readFileSync(page, 'utf8'), markdown, CONTROL_MARKS));
  for (const result of report.bounds) say(boundLine(result));
  if (report.bounds.some((result) => result.met === false)) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`bench-control: ${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `bench-control: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
