// A DBA at the simulated host: opens a run by hand, runs RMAN with a script of their own, closes the run.
import { type RunDetail } from '@adyton/contracts';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, type CommandResult } from '../../stack/src/run-command';
import { DATABASE_NAME, type RunningStack } from './running-stack';

export interface RunByHand {
  readonly id: string;
  /** The channel statement that `adyton sbt env` prints. */
  readonly channel: string;
  readonly tokenFile: string;
}

export async function openByHand(stack: RunningStack, options: readonly string[] = []): Promise<RunByHand> {
  const opened = await stack.cli(['-o', 'json', 'sbt', 'env', DATABASE_NAME, ...options]);
  if (opened.code !== 0) throw new Error(`sbt env ended with ${opened.code}: ${opened.stderr}`);
  const run = JSON.parse(opened.stdout) as RunDetail;
  const text = run.scripts[0]?.text ?? '';
  const channel = /^ALLOCATE CHANNEL c1 .*$/m.exec(text)?.[0] ?? '';
  return { id: run.id, channel, tokenFile: /ADY_TOKEN_FILE=([^,)]+)/.exec(channel)?.[1] ?? '' };
}

/** @returns exit code and what the CLI printed. */
export function closeByHand(stack: RunningStack): Promise<CommandResult> {
  return stack.cli(['sbt', 'close', DATABASE_NAME]);
}

/** `rman target /` on the host, with the script in a command file. */
export async function rman(stack: RunningStack, script: string): Promise<CommandResult> {
  const file = join(stack.directory, `${randomUUID()}.rman`);
  writeFileSync(file, script);
  return runCommand(join(stack.lab.oracleHome, 'bin', 'rman'), ['target', '/', `cmdfile=${file}`], {
    env: { ORACLE_HOME: stack.lab.oracleHome, ORACLE_SID: DATABASE_NAME },
  });
}

/** As rman, but must end well. @returns what it printed */
export async function mustRman(stack: RunningStack, script: string): Promise<string> {
  const { code, stdout, stderr } = await rman(stack, script);
  if (code !== 0) throw new Error(`rman ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}
