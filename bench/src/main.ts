// `make bench`: the deduplicating data path beside restic and borg, with the bounds it is held to. Writes build/bench/report.json and
// build/bench/report.md; ends with 1 when a bound is missed.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildDir } from '../../stack/src/repository';
import { compareSeries } from './compare';
import { allSeries } from './datasets';
import { optionsOf } from './options';

async function main(): Promise<void> {
  const options = optionsOf(process.env);
  const directory = join(buildDir, 'bench', 'work');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const place = { directory, say };
  for (const series of allSeries(options.bytes)) await compareSeries(series, options, place);
}

function say(text: string): void {
  process.stdout.write(`bench: ${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
