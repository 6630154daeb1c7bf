// RMAN by hand on the real processes: a person's own script backs up through our library, restores through it, and what it leaves is a
// recovery point like any other.
import { callRoute, restRoutes } from '@adyton/contracts';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { itLong } from '../support/long-tests';
import { closeByHand, mustRman, openByHand, recordedPieces, rman } from '../support/rman-by-hand';
import {
  backUp,
  changeRows,
  DATABASE_NAME,
  eventually,
  expectIdentical,
  expectRestorable,
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

jest.setTimeout(300_000);
const LEASE_SECONDS = '600';
let stack: RunningStack;
beforeAll(async () => {
  // the clock is moved by minutes below: that must end no lease
  stack = await runStack({ settings: { 'control-plane': { ADYTON_LEASE_SECONDS: LEASE_SECONDS } } });
});
afterAll(() => stack.stop());

const OWNER_ONLY = 0o600;
const MODE_BITS = 0o777;

it('gives out channels whose token lies in a file of its owner and nowhere else, the same ones when asked again', async () => {
  const opened = await openByHand(stack);
  expect(opened.channel).toMatch(
    /^ALLOCATE CHANNEL c1 DEVICE TYPE 'SBT_TAPE' PARMS 'SBT_LIBRARY=.*ADY_SOCK=/,
  );
  expect(statSync(opened.tokenFile).mode & MODE_BITS).toBe(OWNER_ONLY);
  const token = readFileSync(opened.tokenFile, 'utf8');
  expect(token).toHaveLength(43);
  expect(JSON.stringify(await getRun(stack, opened.id))).not.toContain(token);
  expect(await openByHand(stack)).toEqual(opened);
  const closed = await closeByHand(stack);
  expect(closed.code).toBe(1);
  expect(await getRun(stack, opened.id)).toMatchObject({
    origin: 'external',
    state: 'cancelled',
    reason: { code: 'ADY_NOTHING_BACKED_UP' },
  });
});

it('makes a recovery point of BACKUP DATABASE PLUS ARCHIVELOG, that restores to a moment after it', async () => {
  expect(await backUp(stack)).toMatchObject({ origin: 'product', level: 'level0' });
  await changeRows(stack, 1);
  const { id, channel } = await openByHand(stack);
  await mustRman(stack, `RUN { ${channel} BACKUP DATABASE PLUS ARCHIVELOG TAG 'BY_HAND'; }\n`);
  expect(await closeByHand(stack)).toMatchObject({ code: 0 });
  expect(await getRun(stack, id)).toMatchObject({ origin: 'external', state: 'succeeded', level: 'full' });
  const [point] = await recoveryPoints(stack);
  expect(point).toMatchObject({ runId: id, origin: 'external', level: 'full' });

  await changeRows(stack, 2);
  const untilScn = await markNow(stack);
  await changeRows(stack, 3);
  await backUp(stack, 'archivelog');
  const directory = join(stack.directory, 'of-full');
  const run = await restore(stack, untilScn, directory);
  expect(run).toMatchObject(SUCCEEDED);
  const plan = await callRoute(stack.api, restRoutes.getRestorePlan, {
    params: { id: run.restorePlanId ?? '' },
  });
  expect(plan.basePoint).toBe(point?.id);
  await expectIdentical(stack, untilScn, directory);
});

it('S2.1 builds no level 1 of its own on a full backup by hand, but one on a level 0 by hand', async () => {
  const afterFull = await backUp(stack);
  expect(afterFull).toMatchObject({ ...SUCCEEDED, level: 'level1', levelReason: 'level0-exists' });
  const fullHandles = await handlesOfRuns('full');
  expect(basesOf(afterFull)).toEqual(expect.not.arrayContaining(fullHandles));

  await changeRows(stack, 4);
  const { channel } = await openByHand(stack);
  await mustRman(stack, `RUN { ${channel} BACKUP INCREMENTAL LEVEL 0 DATABASE PLUS ARCHIVELOG; }\n`);
  expect(await closeByHand(stack)).toMatchObject({ code: 0 });
  await changeRows(stack, 5);
  const afterLevel0 = await backUp(stack);
  expect(afterLevel0).toMatchObject({ ...SUCCEEDED, level: 'level1', levelReason: 'level0-exists' });
  const byHand = await handlesOfRuns('level0', 'external');
  expect(byHand).toEqual(expect.arrayContaining(basesOf(afterLevel0)));

  await expectRestorable(stack, 'of-level1');
});

it('S5.12 puts the records of what was backed up by hand right, whatever its pieces are called', async () => {
  const [forgotten = ''] = await handlesOfRuns('level0', 'external');
  await mustRman(stack, `CHANGE BACKUPPIECE '${forgotten}' UNCATALOG;\n`);
  const run = await backUp(stack);
  const check = run.plan?.checks.find(({ code }) => code === 'rman-records');
  expect(check?.verdict).toBe('warning');
  expect(check?.evidence).toContain(`1 piece(s) gone from the record and cataloged again: ${forgotten}`);
  expect((await recordedPieces(stack)).get(forgotten)).toBe('A');
});

it('keeps what is not enough for a recovery point: RMAN still restores from it', async () => {
  const { id, channel } = await openByHand(stack);
  await mustRman(stack, `RUN { ${channel} BACKUP DATAFILE 4 TAG 'ONE_FILE'; }\n`);
  expect(await closeByHand(stack)).toMatchObject({ code: 1 });
  const run = await getRun(stack, id);
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_EXTERNAL_INCOMPLETE' } });
  expect(run.reason?.detail).toContain('data file(s) are in none of its pieces');
  const again = await openByHand(stack);
  const output = await mustRman(
    stack,
    `RUN { ${again.channel} RESTORE DATAFILE 4 FROM TAG 'ONE_FILE' VALIDATE; }\n`,
  );
  expect(output).toContain('validation complete');
  await closeByHand(stack);
});

it('refuses to close under open channels, and refuses the token afterwards', async () => {
  const { id, channel } = await openByHand(stack);
  await slowStore(stack, 400);
  const copying = rman(
    stack,
    `RUN { ${channel} BACKUP DATABASE; BACKUP DATABASE; BACKUP ARCHIVELOG ALL; }\n`,
  );
  await eventually(
    () => getRun(stack, id),
    ({ progress }) => progress.bytesRead > 0,
  );
  const early = await closeByHand(stack);
  expect(early.code).toBe(8);
  expect(early.stderr).toContain('ADY_CHANNELS_OPEN');
  await healStore(stack);
  expect(await copying).toMatchObject({ code: 0 });
  const closed = await eventually(
    () => closeByHand(stack),
    ({ code }) => code === 0,
  );
  expect(closed.stdout).toContain('succeeded');
  const late = await rman(stack, `RUN { ${channel} BACKUP DATAFILE 1; }\n`);
  expect(late.code).toBe(1);
  expect(late.stdout).toMatch(/ADY_SBT/);
});

it('ends by itself when nobody used it for the agreed time', async () => {
  const { id, channel } = await openByHand(stack, ['--idle', '5']);
  await mustRman(stack, `RUN { ${channel} BACKUP ARCHIVELOG ALL; }\n`);
  await stack.moveClock(4 * 60);
  expect(await getRun(stack, id)).toMatchObject({ state: 'running' });
  await stack.moveClock(2 * 60);
  await eventually(
    () => getRun(stack, id),
    ({ state }) => state === 'succeeded',
  );
  const [point] = await recoveryPoints(stack);
  expect(point).toMatchObject({ runId: id, level: 'archivelog', origin: 'external' });
});

itLong(
  'serves DUPLICATE: another database of the same contents, through an auxiliary channel of our library',
  async () => {
    expect(await backUp(stack)).toMatchObject(SUCCEEDED);
    await changeRows(stack, 8);
    const untilScn = await markNow(stack);
    expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
    await stack.lab.ctl(['auxiliary', '--sid', 'DUP']);
    await stack.lab.ctl(['start', '--sid', 'DUP', '--nomount', '--detach']);
    try {
      const { channel } = await openByHand(stack);
      const [from, to] = [DATABASE_NAME, 'DUP'].map((sid) => join(stack.lab.base, 'oradata', sid));
      await mustRman(
        stack,
        `CONNECT AUXILIARY '/@DUP';
       RUN { ${channel.replace('ALLOCATE CHANNEL c1', 'ALLOCATE AUXILIARY CHANNEL a1')}
         DUPLICATE TARGET DATABASE TO DUP UNTIL SCN ${untilScn} DB_FILE_NAME_CONVERT '${from ?? ''}', '${to ?? ''}'; }\n`,
      );
      await closeByHand(stack);
      const compared = ['compare', '--until-scn', untilScn, '--dir', to ?? '', '--duplicate'];
      const { dataFiles, identical } = await stack.lab.ctl<{ dataFiles: number; identical: number }>(
        compared,
      );
      expect([identical, dataFiles > 3]).toEqual([dataFiles, true]);
      const { identity } = await stack.lab.ctl<{ identity: { dbid: number } }>(['status', '--sid', 'DUP']);
      expect(identity.dbid).not.toBe(Number(stack.database.dbid));
    } finally {
      await stack.lab.tryCtl(['stop', '--sid', 'DUP', '--abort']);
    }
  },
);

it('restores a lost database in place by hand, byte for byte', async () => {
  const untilScn = await markNow(stack);
  await stack.lab.ctl(['sql', 'ALTER SYSTEM ARCHIVE LOG CURRENT', '--sid', DATABASE_NAME]);
  const { channel } = await openByHand(stack);
  await mustRman(stack, `RUN { ${channel} BACKUP ARCHIVELOG ALL; }\n`);
  const directory = join(stack.lab.base, 'oradata', DATABASE_NAME);
  await stack.lab.instance.stop();
  await stack.lab.ctl(['start', '--sid', DATABASE_NAME, '--mount', '--detach']);
  try {
    rmSync(join(directory, 'system01.dbf'));
    await stack.lab.ctl(['damage', '--sid', DATABASE_NAME, '--file', '4', '--block', '50']);
    await mustRman(
      stack,
      `RUN { ${channel} SET UNTIL SCN ${untilScn}; RESTORE DATABASE; RECOVER DATABASE; }\n`,
    );
    await expectIdentical(stack, untilScn, directory);
  } finally {
    await stack.lab.tryCtl(['stop', '--sid', DATABASE_NAME, '--abort']);
  }
});

function basesOf(run: Awaited<ReturnType<typeof backUp>>): string[] {
  return (run.plan?.files ?? []).flatMap(({ baseHandle }) => (baseHandle === null ? [] : [baseHandle]));
}

async function handlesOfRuns(level: string, origin = 'external'): Promise<string[]> {
  const points = (await recoveryPoints(stack)).filter((p) => p.level === level && p.origin === origin);
  const details = await Promise.all(
    points.map(({ id }) => callRoute(stack.api, restRoutes.getRecoveryPoint, { params: { id } })),
  );
  return details.flatMap(({ contents }) => contents.dataFiles.flatMap(({ handles }) => handles));
}
