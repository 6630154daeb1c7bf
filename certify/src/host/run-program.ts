// Runs a program of the Oracle home to its end, without a shell.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { hostEnvironment, type OracleHost } from './oracle-host';

/** One file of at most the allowed size, and small things. */
const PROGRAM_TIMEOUT_MS = 3_600_000;

export interface ProgramRun {
  readonly exitCode: number | null;
  readonly output: string;
}

/** @param input given on standard input, which is closed afterwards */
export async function runProgram(
  host: OracleHost,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<ProgramRun> {
  const child = spawn(program, [...args], {
    env: { ...hostEnvironment(host), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: PROGRAM_TIMEOUT_MS,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  child.stdin.on('error', () => undefined); // a program that ended early takes no more
  child.stdin.end(input);
  const [output, errors, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exitCode, output: `${output}${errors}` };
}
