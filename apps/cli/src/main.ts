#!/usr/bin/env node
// adyton: a thin client of the REST API. Everything it can do, another client can do too.
import { buildProgram } from './program';
import { endpointFromEnvironment } from './endpoint';
import { reportFailure } from './report-failure';

async function main(): Promise<void> {
  const program = buildProgram({
    endpoint: (overrides) => endpointFromEnvironment(process.env, overrides),
    out: process.stdout,
    err: process.stderr,
    nowMs: () => Date.now(),
    newKey: () => crypto.randomUUID(),
  });
  try {
    process.exitCode = 0;
    await program.parseAsync(process.argv);
  } catch (error) {
    process.exitCode = reportFailure(error, process.stderr, process.argv.includes('json'));
  }
}

void main();
