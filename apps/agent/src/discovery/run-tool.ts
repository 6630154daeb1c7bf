// Runs a tool of the host with an argument array, for a bounded time and a bounded output, and says how it ended without throwing.
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

export interface ToolCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export type ToolAnswer =
  | { readonly kind: 'ok'; readonly output: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'failed'; readonly detail: string };

/** A listing of a large cluster takes some ten KiB. */
const OUTPUT_BYTES_MAX = 1024 * 1024;

export async function runTool({ program, args, env, timeoutMs }: ToolCall): Promise<ToolAnswer> {
  try {
    await access(program, constants.X_OK);
  } catch {
    return { kind: 'absent' };
  }
  const { promise, resolve } = Promise.withResolvers<ToolAnswer>();
  const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const;
  execFile(program, [...args], options, (error, stdout, stderr) => {
    if (error === null) resolve({ kind: 'ok', output: stdout });
    else if (error.killed === true && error.code === undefined) resolve({ kind: 'timed-out' });
    else resolve({ kind: 'failed', detail: firstLine(stdout) || firstLine(stderr) || error.message });
  });
  return promise;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.trim() ?? '';
}
