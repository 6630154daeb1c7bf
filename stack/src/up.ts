// `make up`: starts the stack in the background, waits until it serves, and says how to reach it.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASE_NAME } from './start-stack';
import { isSupervisor, keptStack, upDir, type KeptStack } from './kept-stack';

/** First start makes a database of some hundred MB and a Postgres cluster, ms. */
const UP_TIMEOUT_MS = 180_000;
const POLL_MS = 200;

async function main(): Promise<void> {
  const stack = keptStack() ?? (await startInBackground());
  process.stdout.write(
    [
      `URL          ${stack.url}`,
      `token        ${readFileSync(stack.tokenFile, 'utf8').trim()}`,
      `ORACLE_HOME  ${stack.oracleHome}`,
      `ORACLE_SID   ${stack.oracleSid}   (simulated)`,
      '',
      `export ADYTON_URL=${stack.url} ADYTON_TOKEN_FILE=${stack.tokenFile}`,
      'bin/adyton doctor',
      `bin/adyton sbt env ${DATABASE_NAME}     # channels for a script of your own: $ORACLE_HOME/bin/rman target /`,
      '',
    ].join('\n'),
  );
}

async function startInBackground(): Promise<KeptStack> {
  mkdirSync(upDir, { recursive: true });
  const logFile = join(upDir, 'supervise.log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [join(__dirname, 'supervise.js')], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.unref();
  const pid = child.pid ?? -1;
  for (let waitedMs = 0; waitedMs < UP_TIMEOUT_MS; waitedMs += POLL_MS) {
    const stack = keptStack();
    if (stack !== null) return stack;
    if (!isSupervisor(pid)) break;
    await sleep(POLL_MS);
  }
  throw new Error(`the stack did not come up; see ${logFile}`);
}

main().catch((error: unknown) => {
  process.stderr.write(`up: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
