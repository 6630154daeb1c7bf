// A vault that lost or altered a pack: the restore must fail, say which pack, and call no data file good.
import { callRoute, restRoutes } from '@adyton/contracts';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { backUp, markNow, restore, runStack, type RunningStack } from '../support/running-stack';

jest.setTimeout(240_000);
/** Of the lab's database. */
const DATA_FILES = 7;
let stack: RunningStack;
let untilScn: string;
beforeAll(async () => {
  stack = await runStack();
  await backUp(stack);
  untilScn = await markNow(stack);
  await backUp(stack, 'archivelog');
});
afterAll(() => stack.stop());

/** Files of the lab's S3 server that hold packs, the largest first. */
function packFiles(): string[] {
  const below = (directory: string): string[] =>
    readdirSync(directory, { withFileTypes: true }).flatMap((e) =>
      e.isDirectory() ? below(join(directory, e.name)) : [join(directory, e.name)],
    );
  return below(join(stack.directory, 'lab', 's3'))
    .filter((path) => decodeURIComponent(path).includes('pack/'))
    .sort((a, b) => statSync(b).size - statSync(a).size);
}

const damages: Record<string, (path: string) => void> = {
  deleted: (path) => renameSync(path, join(stack.directory, 'taken-away')),
  truncated: (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'altered by one flipped bit': (path) => {
    const bytes = readFileSync(path);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  },
};

it.each(Object.keys(damages))('fails the restore and names the pack that was %s', async (damage) => {
  const [pack] = packFiles();
  if (pack === undefined) throw new Error('no pack was written');
  const whole = readFileSync(pack);
  damages[damage]?.(pack);
  const directory = join(stack.directory, `restored-${damage.replaceAll(' ', '-')}`);
  const run = await restore(stack, untilScn, directory);
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_VAULT_DAMAGED' } });
  const packName = /pack\/[0-9a-f]{2}\/([0-9a-f]{64})/.exec(decodeURIComponent(pack))?.[1] ?? 'unknown';
  expect(run.reason?.oraErrors.join('\n')).toContain('ORA-19511');
  expect(run.reason?.oraErrors.join('\n')).toContain(packName);
  const { text } = await callRoute(stack.api, restRoutes.getRunLog, { params: { id: run.id } });
  expect(text).toContain('RMAN-00569');
  expect(text).not.toContain('media recovery complete');
  expect(readdirSync(directory).length).toBeLessThan(DATA_FILES); // RMAN keeps what it restored whole, and nothing else
  writeFileSync(pack, whole);
  expect(existsSync(pack)).toBe(true);
});

it('restores again once the pack is whole', async () => {
  expect(await restore(stack, untilScn, join(stack.directory, 'restored-whole'))).toMatchObject({
    state: 'succeeded',
  });
});
