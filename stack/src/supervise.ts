// Keeps one stack running until it is asked to end; started by `make up` in the background.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFile, upDir, type KeptStack } from './kept-stack';
import { LAB_SID } from './start-lab';
import { startStack } from './start-stack';

async function main(): Promise<void> {
  const asked = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => asked.resolve());
  const stack = await startStack({
    directory: join(upDir, 'stack'),
    databaseBytes: process.env['LAB_SIZE'] ?? '400M',
    keepLedger: true,
    say: (text) => process.stdout.write(`${text}\n`),
  });
  const state: KeptStack = {
    pid: process.pid,
    url: stack.url,
    tokenFile: stack.tokenFile,
    oracleHome: stack.lab.oracleHome,
    oracleSid: LAB_SID,
  };
  writeFileSync(stateFile, JSON.stringify(state));
  await asked.promise;
  rmSync(stateFile, { force: true });
  await stack.stop();
}

main().catch((error: unknown) => {
  process.stderr.write(
    `supervise: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
