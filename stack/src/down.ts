// `make down`: ends the stack that `make up` started, and waits until all of it is gone.
import { setTimeout as sleep } from 'node:timers/promises';
import { isSupervisor, keptStack } from './kept-stack';

/** Longest wait for an orderly end of all processes, ms. */
const DOWN_TIMEOUT_MS = 90_000;
const POLL_MS = 100;

async function main(): Promise<void> {
  const stack = keptStack();
  if (stack === null) {
    process.stdout.write('nothing is running\n');
    return;
  }
  process.kill(stack.pid, 'SIGTERM');
  for (let waitedMs = 0; isSupervisor(stack.pid); waitedMs += POLL_MS) {
    if (waitedMs > DOWN_TIMEOUT_MS)
      throw new Error(`process ${stack.pid} did not end within ${DOWN_TIMEOUT_MS} ms`);
    await sleep(POLL_MS);
  }
  process.stdout.write('stopped\n');
}

main().catch((error: unknown) => {
  process.stderr.write(`down: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
