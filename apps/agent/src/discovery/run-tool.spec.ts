// Tools of the host that answer, fail, hang, print too much or are not there, as real scripts.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './run-tool';
import { ToolLog } from './tool-log';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'adyton-tool-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const tool = (name: string, body: string): string => {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
};
const run = (program: string, args: readonly string[] = [], timeoutMs = 10_000) =>
  runTool({ program, args, env: {}, timeoutMs });

it('hands arguments over as they are: nothing in them is read by a shell', async () => {
  const program = tool('echoes', 'for a in "$@"; do echo "[$a]"; done');
  const args = ['a b', '$(id)', '; rm -rf /', "'"];
  expect(await run(program, args)).toEqual({ kind: 'ok', output: args.map((a) => `[${a}]\n`).join('') });
});

it('gives a tool that does not answer its time, and no more', async () => {
  const before = Date.now();
  expect(await run(tool('hangs', 'sleep 60; echo late'), [], 300)).toEqual({ kind: 'timed-out' });
  expect(Date.now() - before).toBeLessThan(20_000);
});

it('tells absent from failed, and says what the tool said', async () => {
  expect(await run(join(directory, 'nothing'))).toEqual({ kind: 'absent' });
  expect(await run(tool('fails', 'echo "PRKO-2000 : no"; exit 1'))).toEqual({
    kind: 'failed',
    detail: 'PRKO-2000 : no',
  });
  expect(await run(tool('prints', 'head -c 3000000 /dev/zero'))).toMatchObject({ kind: 'failed' });
});

it('keeps the worst outcome of each tool, with a bounded number of lines that nobody understood', () => {
  const log = new ToolLog();
  log.note('srvctl', 'ok');
  log.noteUnknown('srvctl', Array(50).fill('x'.repeat(1_000)));
  log.note('srvctl', 'ok');
  expect(log.all).toMatchObject([{ tool: 'srvctl', outcome: 'not-understood' }]);
  expect(log.all[0]?.unknownLines).toHaveLength(20);
  expect(log.all[0]?.unknownLines[0]).toHaveLength(200);
});
