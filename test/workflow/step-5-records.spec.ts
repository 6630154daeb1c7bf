// Step 5 of the workflow on the real processes: what a DBA's commands and another vendor's library do to RMAN's records of our pieces. Nothing
// that is needed is lost, the next run says what happened and puts it right before it decides its level, and what is restored is whole.
import { type DryRun, type RunDetail } from '@adyton/contracts';
import { itLong } from '../support/long-tests';
import { foreignChannel, mustRman, recordedPieces, throughOurLibrary } from '../support/rman-by-hand';
import {
  backUp,
  changeRows,
  DATABASE_NAME,
  eventually,
  expectRestorable,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';
import { addSecondVendor } from '../support/second-vendor';

jest.setTimeout(400_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack();
  await backUp(stack);
  await changeRows(stack, 1);
  await backUp(stack);
});
afterAll(() => stack.stop());

/** @returns what RMAN printed, and how it ended */
async function asDba(commands: string): Promise<{ code: number | null; output: string }> {
  const { code, stdout, stderr } = await throughOurLibrary(stack, commands);
  return { code, output: stdout + stderr };
}

const statuses = async (): Promise<string[]> => [...new Set((await recordedPieces(stack)).values())];
const recordsCheck = (plan: RunDetail['plan']) => plan?.checks.find(({ code }) => code === 'rman-records');
const reasonsOf = (run: RunDetail) => new Set(run.plan?.files.map((f) => f.reason));
/** Of the newest level 0/1 of a data file: what RMAN would base the next level 1 on. */
async function newestBase(): Promise<string> {
  const handles = [...(await recordedPieces(stack)).keys()].filter((handle) => handle.includes('_F4_'));
  return handles.at(-1) ?? '';
}
/** Our next incremental builds on what there was, and a restore to a moment before it is whole. */
async function expectHealed(evidence: string): Promise<RunDetail> {
  await changeRows(stack, 2);
  const run = await backUp(stack);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level1' });
  expect(recordsCheck(run.plan)).toMatchObject({
    verdict: 'warning',
    evidence: expect.stringContaining(evidence) as string,
  });
  expect(reasonsOf(run)).toEqual(new Set(['level0-exists']));
  expect(run.scripts.map(({ step }) => step)).toEqual(['records', 'data', 'logs', 'control-file']);
  expect(await statuses()).toEqual(['A']);
  return run;
}

it('S5.12 starts no RMAN for its records while nobody touched them', async () => {
  const run = await backUp(stack);
  expect(recordsCheck(run.plan)).toMatchObject({
    verdict: 'ok',
    evidence: 'RMAN lists what the vault holds',
  });
  expect(run.scripts.map(({ step }) => step)).toEqual(['data', 'logs', 'control-file']);
});

it('S5.12 DELETE OBSOLETE is refused for what a recovery point needs, with a text that says what and why', async () => {
  const before = await recordedPieces(stack);
  const { code, output } = await asDba('DELETE NOPROMPT OBSOLETE REDUNDANCY 1;');
  expect(code).toBe(1);
  expect(output).toMatch(
    /ADY_PIECE_NEEDED: piece \S+ is needed by recovery point run_\w+ until its retention ends/,
  );
  expect(output).toContain('shorten retention in Adyton');
  expect(await recordedPieces(stack)).toEqual(before);
  const crosscheck = await asDba('CROSSCHECK BACKUP;');
  expect(crosscheck.code).toBe(0);
  expect(crosscheck.output).not.toContain('EXPIRED');
});

it("S5.12 another vendor's CROSSCHECK costs no level 0: our handles are crosschecked again, by name, before the level is decided", async () => {
  await mustRman(stack, `${await foreignChannel(stack)}\nCROSSCHECK BACKUP;\n`);
  expect(await statuses()).toEqual(['X']);
  const dry = await stack.cli(['-o', 'json', 'backup', DATABASE_NAME, '--dry-run']);
  expect(recordsCheck((JSON.parse(dry.stdout) as DryRun).plan)).toMatchObject({ verdict: 'warning' });
  expect(await statuses()).toEqual(['X']);
  const count = (await recordedPieces(stack)).size;
  const run = await expectHealed(`${count} piece(s) marked expired by somebody and available again: `);
  const script = run.scripts.find(({ step }) => step === 'records')?.text ?? '';
  for (const statement of script.split('\n').filter((line) => line.startsWith('CROSSCHECK')))
    expect(statement).toMatch(/^CROSSCHECK BACKUPPIECE '[0-9a-f]{8}\//);
});

itLong('S5.12 DELETE EXPIRED after it loses nothing: RMAN is told of our pieces again', async () => {
  const before = await recordedPieces(stack);
  await mustRman(
    stack,
    `${await foreignChannel(stack)}\nCROSSCHECK BACKUP; DELETE NOPROMPT EXPIRED BACKUP;\n`,
  );
  expect((await recordedPieces(stack)).size).toBe(0);
  await expectHealed(`${before.size} piece(s) gone from the record and cataloged again: `);
  expect([...(await recordedPieces(stack)).keys()]).toEqual(expect.arrayContaining([...before.keys()]));
  await expectRestorable(stack, 'after-delete-expired');
});

itLong('S5.12 DELETE EXPIRED through our library deletes nothing at all', async () => {
  await mustRman(stack, `${await foreignChannel(stack)}\nCROSSCHECK BACKUP;\n`);
  const { output } = await asDba('DELETE NOPROMPT EXPIRED BACKUP;');
  expect(output).toContain('Deleted 0 EXPIRED objects');
  expect(await statuses()).toEqual(['X']);
  await expectHealed('marked expired by somebody and available again');
});

it("S5.12 DELETE OBSOLETE, another vendor's CROSSCHECK and DELETE EXPIRED one after the other lose nothing needed, and the next run names and mends it all", async () => {
  const before = await recordedPieces(stack);
  const vendor = await addSecondVendor(stack);
  expect(await asDba('DELETE NOPROMPT OBSOLETE REDUNDANCY 1;')).toMatchObject({
    code: 1,
    output: expect.stringContaining('ADY_PIECE_NEEDED') as string,
  });
  expect(await recordedPieces(stack)).toEqual(before);
  await vendor.crosscheckBackups();
  await asDba('DELETE NOPROMPT OBSOLETE REDUNDANCY 1;');
  expect([...(await recordedPieces(stack)).keys()]).toEqual([...before.keys()]);
  await vendor.deleteExpired();
  expect((await recordedPieces(stack)).size).toBe(0);
  expect(await stack.cli(['vault', 'verify', '--level', '2'])).toMatchObject({ code: 0 });
  await expectHealed(`${before.size} piece(s) gone from the record and cataloged again: `);
  expect([...(await recordedPieces(stack)).keys()]).toEqual(expect.arrayContaining([...before.keys()]));
  await expectRestorable(stack, 'after-all-of-it');
});

itLong(
  'S5.12 DELETE FORCE drops the record and not the piece; the next run names it and catalogs it',
  async () => {
    const handle = await newestBase();
    const { code } = await asDba(`DELETE FORCE NOPROMPT BACKUPPIECE '${handle}';`);
    expect(code).toBe(0);
    expect((await recordedPieces(stack)).has(handle)).toBe(false);
    await expectHealed(`1 piece(s) gone from the record and cataloged again: ${handle}`);
    await expectRestorable(stack, 'after-force');
  },
);

itLong('S5.12 CHANGE UNCATALOG between runs is undone by the next one', async () => {
  const handle = await newestBase();
  await mustRman(stack, `CHANGE BACKUPPIECE '${handle}' UNCATALOG;\n`);
  await expectHealed(`1 piece(s) gone from the record and cataloged again: ${handle}`);
  const alerts = async (state: string) =>
    stack.sql<{ detail: string }>('SELECT detail FROM adyton.alerts WHERE kind = $1 AND state = $2', [
      'rman_records_changed',
      state,
    ]);
  expect(await alerts('open')).toHaveLength(1);
  await backUp(stack);
  expect(await alerts('open')).toEqual([]);
});

itLong(
  'S5.12 a run whose RMAN does not put the records right says so and goes on at level 0; the next one does it',
  async () => {
    await mustRman(stack, `${await foreignChannel(stack)}\nCROSSCHECK BACKUP;\n`);
    await stack.lab.ctl(['fault', 'arm', 'no-maintenance-channel', '--sid', DATABASE_NAME]);
    const run = await backUp(stack);
    await stack.lab.ctl(['fault', 'clear', '--sid', DATABASE_NAME]);
    expect(run).toMatchObject({ ...SUCCEEDED, level: 'level0' });
    expect(recordsCheck(run.plan)).toMatchObject({
      verdict: 'warning',
      evidence: expect.stringMatching(
        /marked expired by somebody: .*; not all could be put right: ADY_RMAN_FAILED/,
      ) as string,
    });
    expect(reasonsOf(run)).toEqual(new Set(['base-expired']));
    await expectHealed('marked expired by somebody and available again');
  },
);

it('S5.12 a piece that RMAN gave up after the vault had closed it is on record after the next run', async () => {
  await stack.lab.ctl([
    'fault',
    'arm',
    'sbt-not-found',
    '--sid',
    DATABASE_NAME,
    '--times',
    '1',
    '--match',
    '_F4_',
  ]);
  const interrupted = await backUp(stack);
  await stack.lab.ctl(['fault', 'clear', '--sid', DATABASE_NAME]);
  const recorded = await recordedPieces(stack);
  const closedOf = () =>
    stack.sql<{ handle: string }>('SELECT handle FROM adyton.pieces WHERE run_id = $1', [interrupted.id]);
  const isOrphan = ({ handle }: { handle: string }) => !recorded.has(handle);
  const closed = await eventually(closedOf, (pieces) => pieces.some(isOrphan)); // a failed run does not wait for the last report
  const orphans = closed.filter(isOrphan).map(({ handle }) => handle);
  expect(orphans).toHaveLength(1);
  const next = await backUp(stack);
  expect(next).toMatchObject(SUCCEEDED);
  const expected =
    interrupted.state === 'failed'
      ? `on no record and not needed, waiting for release: ${orphans[0]}`
      : `gone from the record and cataloged again: ${orphans[0]}`;
  expect(recordsCheck(next.plan)?.evidence).toContain(expected);
});
