// The user guide is true: every command in it that is marked `sh` is run, in order, and succeeds.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStack, type RunningStack } from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack();
});
afterAll(() => stack.stop());

const guide = readFileSync(join(__dirname, '..', '..', 'docs', 'user-guide.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
  (block ?? '').trim().split('\n'),
);

/** Words of a command line; double quotes keep blanks together. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

it('has commands to run', () => {
  expect(commands.length).toBeGreaterThan(8);
});

it.each(commands)('%s', async (line) => {
  const [program, ...args] = words(line).map((word) =>
    word.replace('$RESTORE_DIR', join(stack.directory, 'copy')).replace('$HOST', stack.host.name),
  );
  expect(program).toBe('adyton');
  const result = await stack.cli(args);
  expect({ code: result.code, stderr: result.code === 0 ? '' : result.stderr }).toEqual({
    code: 0,
    stderr: '',
  });
  expect(result.stdout.length).toBeGreaterThan(0);
});
