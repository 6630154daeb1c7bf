// Parts that a backup or a restore relies on are lost under it: a process dies while pieces stream or while a recovery point is committed, a pack of
// the vault is gone or altered. Nothing is called good that is not; once the part is back, the work is done.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
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
import { isLong } from '../support/long-tests';
import {
  backUp,
  backupUnderWay,
  endedRun,
  eventually,
  getRequest,
  getRun,
  healStore,
  markNow,
  recoveryPoints,
  restore,
  type RunningStack,
  runStack,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';
import { storedObjects } from '../support/stored-objects';

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

describe('a process that is killed while a recovery point is committed', () => {
  const MOMENTS = ['is asked for', 'is there', 'is being recorded'] as const;
  /** Of the manifest, in the order in which they come. */
  type Moment = (typeof MOMENTS)[number];
  const PARTS = ['agent', 'dedup-worker', 'control-plane'] as const;
  type Part = (typeof PARTS)[number];
  const ALL = PARTS.flatMap((part) => MOMENTS.map((moment): [Part, Moment] => [part, moment]));
  /** The two moments at which only half of the commit is done, each with the part that does it. */
  const SOME: [Part, Moment][] = [
    ['dedup-worker', 'is there'],
    ['control-plane', 'is being recorded'],
  ];

  /** The first table that the ledger's transaction writes to, or the one after the point itself. */
  async function lockLedger(table: 'recovery_points' | 'archived_logs'): Promise<void> {
    await stack.sql('BEGIN');
    await stack.sql(`LOCK TABLE adyton.${table} IN SHARE MODE`);
  }
  const isWaitedFor = async (): Promise<boolean> =>
    (await stack.sql('SELECT 1 FROM pg_locks WHERE NOT granted')).length > 0;

  async function untilMoment(moment: Moment, { id }: RunDetail): Promise<void> {
    await eventually(
      () => getRun(stack, id),
      ({ state }) => state === 'committing',
    );
    if (moment === 'is asked for') return;
    await lockLedger(moment === 'is there' ? 'recovery_points' : 'archived_logs');
    await eventually(
      async () => storedObjects(stack, 'manifest/').some((path) => path.includes(id)),
      (isThere) => isThere,
    );
    if (moment === 'is being recorded') await eventually(isWaitedFor, (waits) => waits);
  }

  /** What the ledger has of a recovery point of the run, as of one moment. */
  async function recorded({ id }: RunDetail): Promise<object | undefined> {
    const [row] = await stack.sql(
      `SELECT state, (SELECT count(*)::int FROM adyton.recovery_points p WHERE p.run_id = r.id) AS points,
         (SELECT count(*) > 0 FROM adyton.archived_logs l JOIN adyton.recovery_points p ON p.id = l.recovery_point_id
           WHERE p.run_id = r.id) AS logs,
         (SELECT count(*)::int FROM adyton.audit_events e WHERE e.subject = r.id AND e.action = 'run.succeeded') AS audited
       FROM adyton.runs r WHERE r.id = $1`,
      [id],
    );
    return row;
  }
  const WHOLE = { state: 'succeeded', points: 1, logs: true, audited: 1 };
  const ABSENT = { state: 'committing', points: 0, logs: false, audited: 0 };

  async function restart(part: Part): Promise<void> {
    const port = { ADYTON_HTTP_PORT: new URL(stack.url).port };
    await stack.services[part].start(part === 'control-plane' ? port : {});
  }

  it.each(isLong ? ALL : SOME)(
    'S5.5 the %s, when the manifest %s: the recovery point is absent, and then wholly there, once',
    async (part, moment) => {
      await slowStore(stack, 300);
      const run = await backupUnderWay(stack, 'archivelog');
      await untilMoment(moment, run);
      await stack.services[part].kill();
      expect([ABSENT, WHOLE]).toContainEqual(await recorded(run));
      await stack.sql('ROLLBACK'); // of the lock
      await eventually(isWaitedFor, (waits) => !waits);
      expect([ABSENT, WHOLE]).toContainEqual(await recorded(run));
      await healStore(stack);
      await restart(part);
      await eventually(
        () => recorded(run),
        (row) => JSON.stringify(row) === JSON.stringify(WHOLE),
      );
      expect(await recoveryPoints(stack)).toContainEqual(expect.objectContaining({ runId: run.id }));
    },
  );
});

describe('a pack of the vault', () => {
  let untilScn: string;
  beforeAll(async () => {
    untilScn = await markNow(stack);
    expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  });

  /** The largest first. */
  const packFiles = (): string[] =>
    storedObjects(stack, 'pack/').sort((a, b) => statSync(b).size - statSync(a).size);

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
