// Runs a tool of the host with an argument array, for a bounded time and a bounded output, and says how it ended without throwing. The tools
// are scripts that start others, so that the whole process group is ended when the time is over.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

export interface ToolCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** For its standard input. */
  readonly input?: string;
  /** It may print more than most. */
  readonly outputCharsMax?: number;
}

/** A tool of an Oracle home, which speaks English. */
export function toolOfHome(home: string, tool: string, args: readonly string[], timeoutMs: number): ToolCall {
  const env = { ORACLE_HOME: home, PATH: '/usr/bin:/bin', NLS_LANG: 'AMERICAN_AMERICA.AL32UTF8' };
  return { program: join(home, 'bin', tool), args, env, timeoutMs };
}

export type ToolAnswer =
  | { readonly kind: 'ok'; readonly output: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'failed'; readonly detail: string };

/** A listing of a large cluster takes some ten KiB. */
const OUTPUT_CHARS_MAX = 1024 * 1024;

export async function runTool(call: ToolCall): Promise<ToolAnswer> {
  try {
    await access(call.program, constants.X_OK);
  } catch {
    return { kind: 'absent' };
  }
  const { outputCharsMax = OUTPUT_CHARS_MAX } = call;
  const { promise, resolve } = Promise.withResolvers<ToolAnswer>();
  const child = spawn(call.program, [...call.args], {
    env: call.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdin.on('error', () => undefined); // it ended before it read: its exit says so
  child.stdin.end(call.input ?? '');
  let output = '';
  const endWith = (answer: ToolAnswer): void => {
    resolve(answer);
    endGroup(child.pid);
  };
  const keep = (text: string): void => {
    output += text;
    if (output.length > outputCharsMax)
      endWith({ kind: 'failed', detail: `it printed more than ${outputCharsMax} characters` });
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const timer = setTimeout(() => endWith({ kind: 'timed-out' }), call.timeoutMs);
  child.once('error', (error) => resolve({ kind: 'failed', detail: error.message }));
  child.once('close', (code) => {
    const detail = firstLine(output) || `it ended with ${code ?? 'a signal'}`;
    resolve(code === 0 ? { kind: 'ok', output } : { kind: 'failed', detail });
  });
  return promise.finally(() => clearTimeout(timer));
}

/** A negative pid names the group. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.trim() ?? '';
}
