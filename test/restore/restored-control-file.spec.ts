// K8 on the real processes: a restored control file is as old as its piece. It lacks every later piece and lists what has gone since, and the
// restore puts these records right, by handle, before RMAN chooses what to read. Which control file a plan names is decided here: it is changed
// in the ledger before the plan is carried out.
import { callRoute, restRoutes, type RecoveryPointContents, type RunDetail } from '@adyton/contracts';
import { join } from 'node:path';
import { closeByHand, foreignChannel, mustRman, openByHand, recordedPieces } from '../support/rman-by-hand';
import {
  backUp,
  changeRows,
  COPY_SID,
  DATABASE_NAME,
  endedRun,
  expectIdentical,
  giveUpCopy,
  markNow,
  planRestore,
  runRestorePlan,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
let level0: RecoveryPointContents;
let logs: RecoveryPointContents;
let level1: RecoveryPointContents;
/** An increment of one file, which has gone since the control file of `logs` was backed up; that one also calls the pieces of `level0` expired. */
let gone: string;
let beforeLevel1: string;
let afterLevel1: string;

beforeAll(async () => {
  stack = await runStack();
  level0 = await backedUp('full');
  await changeRows(stack, 1);
  const { channel, maintenance } = await openByHand(stack);
  gone = `${level0.controlFileHandle?.split('/')[0] ?? ''}/gone_later`;
  await mustRman(stack, `RUN { ${channel} BACKUP INCREMENTAL LEVEL 1 FORMAT '${gone}' DATAFILE 4; }\n`);
  const ofLevel0 = dataHandles(level0).map((handle) => `'${handle}'`);
  await mustRman(stack, `${await foreignChannel(stack)}\nCROSSCHECK BACKUPPIECE ${ofLevel0.join(', ')};\n`);
  await changeRows(stack, 2);
  beforeLevel1 = await markNow(stack);
  logs = await backedUp('archivelog');
  await mustRman(stack, `${maintenance}\nDELETE NOPROMPT BACKUPPIECE '${gone}';\n`);
  await closeByHand(stack);
  await changeRows(stack, 3);
  level1 = await backedUp('incremental');
  await changeRows(stack, 4);
  afterLevel1 = await markNow(stack);
  await backedUp('archivelog');
});
afterAll(() => stack.stop());

async function backedUp(kind: 'full' | 'incremental' | 'archivelog'): Promise<RecoveryPointContents> {
  const run = await backUp(stack, kind);
  expect(run).toMatchObject(SUCCEEDED);
  const params = { id: run.recoveryPointId ?? '' };
  return (await callRoute(stack.api, restRoutes.getRecoveryPoint, { params })).contents;
}

async function restoreWith(
  { controlFileHandle }: RecoveryPointContents,
  untilScn: string,
  directory: string,
): Promise<RunDetail> {
  giveUpCopy(stack);
  const plan = await planRestore(stack, untilScn, directory);
  await stack.sql(
    `UPDATE adyton.restore_plans SET document = jsonb_set(document, '{controlFileHandle}', to_jsonb($2::text)) WHERE id = $1`,
    [plan.id, controlFileHandle],
  );
  return endedRun(stack, await runRestorePlan(stack, plan));
}

/** Handles in the statements of the restore script that begin with these words. */
function handlesIn(run: RunDetail, statement: string): string[] {
  const lines = run.scripts.find(({ step }) => step === 'restore')?.text.split('\n') ?? [];
  const texts = lines.filter((line) => line.startsWith(statement));
  return texts.flatMap((text) => [...text.matchAll(/'([^' ]+\/[^' ]+)'/g)].map(([, handle = '']) => handle));
}

const dataHandles = ({ dataFiles }: RecoveryPointContents): string[] => dataFiles.flatMap((f) => f.handles);

async function instanceOfCopy(): Promise<unknown> {
  const { stdout } = await stack.lab.tryCtl(['status', '--sid', COPY_SID]);
  return (JSON.parse(stdout) as { status: string }).status;
}

it('K8 restores to a moment behind pieces that the restored control file does not know', async () => {
  const directory = join(stack.directory, 'from-older');
  const run = await restoreWith(level0, afterLevel1, directory);
  expect(run).toMatchObject(SUCCEEDED);
  expect(handlesIn(run, 'CROSSCHECK')).toEqual(expect.arrayContaining(dataHandles(level0)));
  const cataloged = handlesIn(run, 'CATALOG');
  expect(cataloged).toEqual(expect.arrayContaining([...dataHandles(level1), level1.controlFileHandle]));
  expect(cataloged).toEqual(expect.not.arrayContaining(dataHandles(level0)));
  await expectIdentical(stack, afterLevel1, directory);
});

it('K8 restores with a control file that lists a piece that is gone, and calls expired what is there', async () => {
  const directory = join(stack.directory, 'past-gone');
  const run = await restoreWith(logs, beforeLevel1, directory);
  expect(run).toMatchObject(SUCCEEDED);
  expect(handlesIn(run, 'CHANGE BACKUPPIECE')).toEqual([gone]);
  expect(handlesIn(run, 'CROSSCHECK')).toEqual(expect.arrayContaining(dataHandles(level0)));
  await expectIdentical(stack, beforeLevel1, directory);
});

it('K8 leaves no instance behind, and touches none that ran before', async () => {
  expect(await instanceOfCopy()).toBe('DOWN');
  await stack.lab.ctl(['start', '--sid', COPY_SID, '--nomount', '--detach']);
  const run = await restoreWith(level0, afterLevel1, join(stack.directory, 'beside'));
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_TARGET_RUNNING' } });
  expect(await instanceOfCopy()).toBe('STARTED');
  await stack.lab.ctl(['stop', '--sid', COPY_SID, '--abort']);
});

it(`K8 leaves the records of ${DATABASE_NAME} itself as they were`, async () => {
  const listed = await recordedPieces(stack);
  for (const handle of [...dataHandles(level0), ...dataHandles(level1)]) expect(listed.get(handle)).toBe('A');
});
