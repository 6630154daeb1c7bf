// A DBA at the simulated host: opens a run by hand, runs RMAN with a script of their own, closes the run.
import { type RunDetail } from '@adyton/contracts';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runCommand, type CommandResult } from '../../stack/src/run-command';
import { DATABASE_NAME, type RunningStack } from './running-stack';

export interface RunByHand {
  readonly id: string;
  /** The channel statement that `adyton sbt env` prints. */
  readonly channel: string;
  /** The one for CROSSCHECK, DELETE and CHANGE. */
  readonly maintenance: string;
  readonly tokenFile: string;
}

export async function openByHand(stack: RunningStack, options: readonly string[] = []): Promise<RunByHand> {
  const opened = await stack.cli(['-o', 'json', 'sbt', 'env', DATABASE_NAME, ...options]);
  if (opened.code !== 0) throw new Error(`sbt env ended with ${opened.code}: ${opened.stderr}`);
  const run = JSON.parse(opened.stdout) as RunDetail;
  const text = run.scripts[0]?.text ?? '';
  const channel = /^ALLOCATE CHANNEL c1 .*$/m.exec(text)?.[0] ?? '';
  const maintenance = /^ALLOCATE CHANNEL FOR MAINTENANCE .*$/m.exec(text)?.[0] ?? '';
  return { id: run.id, channel, maintenance, tokenFile: /ADY_TOKEN_FILE=([^,)]+)/.exec(channel)?.[1] ?? '' };
}

/** @returns exit code and what the CLI printed. */
export function closeByHand(stack: RunningStack): Promise<CommandResult> {
  return stack.cli(['sbt', 'close', DATABASE_NAME]);
}

/** `rman target /` on the host, with the script in a command file. */
export async function rman(
  stack: RunningStack,
  script: string,
  sid: string = DATABASE_NAME,
): Promise<CommandResult> {
  const file = join(stack.directory, `${randomUUID()}.rman`);
  writeFileSync(file, script);
  return runCommand(join(stack.lab.oracleHome, 'bin', 'rman'), ['target', '/', `cmdfile=${file}`], {
    env: { ORACLE_HOME: stack.lab.oracleHome, ORACLE_SID: sid },
  });
}

/** What a DBA does through our library in a run by hand, which is closed again: maintenance commands, or a script with the run's channels. */
export async function throughOurLibrary(
  stack: RunningStack,
  commands: string | ((run: RunByHand) => string),
): Promise<CommandResult> {
  const run = await openByHand(stack);
  const script = typeof commands === 'string' ? `${run.maintenance}\n${commands}` : commands(run);
  const result = await rman(stack, `${script}\n`);
  await closeByHand(stack);
  return result;
}

/** What v$backup_piece says: statuses by handle. */
export async function recordedPieces(
  stack: RunningStack,
  sid: string = DATABASE_NAME,
): Promise<Map<string, string>> {
  const file = join(stack.directory, `${randomUUID()}.sql`);
  writeFileSync(file, 'SET MARKUP CSV ON\nSELECT handle, status FROM v$backup_piece;\nEXIT\n');
  const { stdout } = await runCommand(
    join(stack.lab.oracleHome, 'bin', 'sqlplus'),
    ['-S', '/ as sysdba', `@${file}`],
    { env: { ORACLE_HOME: stack.lab.oracleHome, ORACLE_SID: sid } },
  );
  return new Map(
    [...stdout.matchAll(/^"(.+)","([A-Z])"$/gm)].map(([, handle = '', status = '']) => [handle, status]),
  );
}

/** A maintenance channel of another vendor, whose media manager holds nothing of ours. */
export async function foreignChannel(stack: RunningStack): Promise<string> {
  const library = join(stack.directory, 'libforeign.so');
  const source = join(__dirname, '../../apps/lab/src/sbt/testing/disk-sbt.c');
  await mustRun('gcc', ['-shared', '-fPIC', '-o', library, source]);
  const env = `ENV=(BACKUP_DIR=${stack.directory})`;
  return `ALLOCATE CHANNEL FOR MAINTENANCE DEVICE TYPE 'SBT_TAPE' PARMS 'SBT_LIBRARY=${library},${env}';`;
}

/** As rman, but must end well. @returns what it printed */
export async function mustRman(stack: RunningStack, script: string): Promise<string> {
  const { code, stdout, stderr } = await rman(stack, script);
  if (code !== 0) throw new Error(`rman ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}
