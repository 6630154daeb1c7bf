// Parts that a backup or a restore relies on are lost under it: a dedup-worker dies, a pack of the vault is gone or altered. The run fails, says
// what it lost, and calls nothing good; once the part is back, the work is done.
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
import {
  backUp,
  backupUnderWay,
  endedRun,
  getRequest,
  healStore,
  markNow,
  recoveryPoints,
  restore,
  type RunningStack,
  runStack,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
/** Of the lab's database. */
const DATA_FILES = 7;
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack();
});
afterAll(() => stack.stop());

describe('a dedup-worker that is killed in mid-backup', () => {
  it('fails the run with its reason, leaves no recovery point, and lets a replay succeed', async () => {
    await slowStore(stack, 1_500);
    const { requestId } = await backupUnderWay(stack);
    await stack.services['dedup-worker'].kill();
    const failed = await endedRun(stack, await getRequest(stack, requestId));
    expect(failed).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_SBT_CONNECTION_LOST', phase: 'transfer' },
    });
    expect(failed.reason?.oraErrors.some((line) => line.startsWith('ORA-19511'))).toBe(true);
    expect(await recoveryPoints(stack)).toEqual([]);

    await stack.services['dedup-worker'].start();
    await healStore(stack);
    const replay = await callRoute(stack.api, restRoutes.replayRun, {
      params: { id: failed.id },
      body: { reason: 'the dedup-worker is back' },
    });
    const again = await endedRun(stack, replay);
    expect(again).toMatchObject({ ...SUCCEEDED, replayOf: failed.id });
    expect(again.fence).toBeGreaterThan(failed.fence);
    expect(await recoveryPoints(stack)).toHaveLength(1);
  });

  it('refuses to replay a run that succeeded', async () => {
    const run = await backUp(stack);
    await expect(
      callRoute(stack.api, restRoutes.replayRun, { params: { id: run.id }, body: { reason: 'why not' } }),
    ).rejects.toMatchObject({ code: 'ADY_NOT_REPLAYABLE' });
  });
});

describe('a pack of the vault', () => {
  let untilScn: string;
  beforeAll(async () => {
    untilScn = await markNow(stack);
    expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  });

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

  it.each(Object.keys(damages))('fails the restore and is named when it was %s', async (damage) => {
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

  it('gives the database back once it is whole', async () => {
    expect(await restore(stack, untilScn, join(stack.directory, 'restored-whole'))).toMatchObject({
      state: 'succeeded',
    });
  });
});
