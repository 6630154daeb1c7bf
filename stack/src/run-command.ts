// Runs a command to its end and returns what it printed; for short administrative commands (labctl, prepare, make).
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Longest run, ms. */
  readonly timeoutMs?: number;
  /** Called with each line of stdout as it is printed. */
  readonly onLine?: (line: string) => void;
}

const COMMAND_TIMEOUT_MS = 300_000;

export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, [...args], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? COMMAND_TIMEOUT_MS,
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', (code) => resolve(code));
  const stdout = collectLines(child.stdout, options.onLine);
  const stderr = text(child.stderr);
  const code = await promise;
  return { code, stdout: await stdout, stderr: await stderr };
}

async function collectLines(stream: Readable, onLine: ((line: string) => void) | undefined): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    onLine?.(line);
    lines.push(line);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** As runCommand, but a non-zero exit is an error that carries what was printed. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await runCommand(command, args, options);
  if (result.code !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} ended with ${result.code}\n${result.stderr}${result.stdout}`,
    );
  }
  return result.stdout;
}
