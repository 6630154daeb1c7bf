// Step 5 of the workflow on the real processes: what our library answers to RMAN's questions about pieces. Whatever is in doubt is an error, so
// that RMAN's records stay as they are; who may only restore removes nothing; a handle in use is not used again.
import { callRoute, restRoutes, type BackupRequest, type RunDetail } from '@adyton/contracts';
import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../../stack/src/run-command';
import { itLong } from '../support/long-tests';
import { rmanProcesses } from '../support/oracle-host';
import { closeByHand, openByHand, recordedPieces, rman } from '../support/rman-by-hand';
import {
  backUp,
  COPY_SID,
  endedRun,
  eventually,
  expectIdentical,
  getRequest,
  getRun,
  planRestore,
  runRestorePlan,
  healStore,
  markNow,
  restore,
  type RunningStack,
  runStack,
  slowStore,
  spoilStore,
  SUCCEEDED,
} from '../support/running-stack';
import { storedObjects } from '../support/stored-objects';

jest.setTimeout(400_000);
const OUTAGE_MS = 120_000;
/** More than six tries at a request take, some ten seconds; far less than the retries of a request that hangs. */
const ANSWER_SECONDS = 20;
let stack: RunningStack;
beforeAll(async () => {
  const settings = { 'dedup-worker': { ADYTON_ANSWER_SECONDS: String(ANSWER_SECONDS) } };
  stack = await runStack({ settings });
  await backUp(stack);
  await backUp(stack, 'full');
});
afterAll(() => stack.stop());

/** The largest pack, as the lab's S3 server keeps it. */
function largestPack(): string {
  const [largest = ''] = storedObjects(stack, 'pack/').sort((a, b) => statSync(b).size - statSync(a).size);
  return largest;
}

describe('CROSSCHECK', () => {
  const doubts: Readonly<Record<string, { begin(): Promise<void>; end(): Promise<void>; said: string }>> = {
    'the store is out': {
      begin: () => spoilStore(stack, { errorRate: 1, errorStatus: 503 }),
      end: () => healStore(stack),
      said: 'ADY_STORE_UNAVAILABLE',
    },
    'the store does not answer': {
      begin: () => spoilStore(stack, { hang: true }),
      end: () => healStore(stack),
      said: `held the answer up for ${ANSWER_SECONDS} s | HINT`,
    },
    'the store refuses our credentials': {
      begin: () => spoilStore(stack, { wrongCredentials: true }),
      end: () => healStore(stack),
      said: 'ADY_STORE_DENIED',
    },
    'a pack is gone': {
      begin: () => Promise.resolve(renameSync(largestPack(), join(stack.directory, 'taken-away'))),
      end: () => Promise.resolve(renameSync(join(stack.directory, 'taken-away'), packPath)),
      said: 'ADY_VAULT_DAMAGED',
    },
  };
  let packPath: string;
  beforeAll(() => void (packPath = largestPack()));

  const OUTAGES: [string, Readonly<Record<string, number | boolean>>][] = [
    ['refuses', { errorRate: 1, errorStatus: 503 }],
    ['does not answer', { hang: true }],
  ];

  it.each(OUTAGES)(
    'S5.12 while the store %s for two minutes fails with a code, as often as it is begun, and marks nothing as expired',
    async (outage, faults) => {
      const { maintenance } = await openByHand(stack);
      const before = await recordedPieces(stack);
      const crosscheck = () => rman(stack, `${maintenance}\n${'CROSSCHECK BACKUP;\n'.repeat(5)}`);
      await slowStore(stack, 200); // so that the first one is surely in the middle of its questions
      let next = crosscheck();
      await eventually(
        async () => rmanProcesses(stack),
        (pids) => pids.length > 1,
      );
      await spoilStore(stack, faults);
      let isOver = false;
      const over = sleep(OUTAGE_MS)
        .then(() => (isOver = true))
        .then(() => healStore(stack));
      const ends: string[] = [];
      while (!isOver) {
        const began = performance.now();
        const { code, stdout } = await next;
        ends.push(`exit ${code} after ${Math.round(performance.now() - began)} ms`);
        expect(await recordedPieces(stack)).toEqual(before);
        if (!isOver) expect(code).toBe(1); // one that is under way when the store is back may end well
        if (code !== 0) expect(stdout).toContain('ADY_STORE_UNAVAILABLE');
        next = crosscheck();
      }
      process.stderr.write(`a store that ${outage}: CROSSCHECK ended with ${ends.join(', ')}\n`);
      await over;
      await next;
      expect(await crosscheck()).toMatchObject({ code: 0 });
      expect(await recordedPieces(stack)).toEqual(before);
      await closeByHand(stack);
    },
  );

  it.each(Object.keys(doubts))('S5.12 while %s fails, and marks nothing as expired', async (doubt) => {
    const { maintenance } = await openByHand(stack);
    const before = await recordedPieces(stack);
    expect(new Set(before.values())).toEqual(new Set(['A']));
    const handles = [...before.keys()].map((handle) => `'${handle}'`).join(', ');
    // a session that is open already, so that it is the question that meets the doubt
    expect(await rman(stack, `${maintenance}\nCROSSCHECK BACKUPPIECE ${handles};\n`)).toMatchObject({
      code: 0,
    });
    await doubts[doubt]?.begin();
    try {
      for (const statement of [`CROSSCHECK BACKUPPIECE ${handles};`, 'CROSSCHECK BACKUP;']) {
        const { code, stdout } = await rman(stack, `${maintenance}\n${statement}\n`);
        expect(code).toBe(1);
        expect(stdout).toContain('ORA-27191: sbtinfo2 returned error');
        expect(stdout).toContain(doubts[doubt]?.said);
      }
      expect(await recordedPieces(stack)).toEqual(before);
    } finally {
      await doubts[doubt]?.end();
    }
    expect(await rman(stack, `${maintenance}\nCROSSCHECK BACKUP;\n`)).toMatchObject({ code: 0 });
    expect(await recordedPieces(stack)).toEqual(before);
    await closeByHand(stack);
  });
});

itLong(
  'S5.12 a dedup-worker that hangs is told from a store that does, and marks nothing as expired',
  async () => {
    const { maintenance } = await openByHand(stack);
    const before = await recordedPieces(stack);
    stack.services['dedup-worker'].signal('SIGSTOP');
    const { code, stdout } = await rman(stack, `${maintenance}\nCROSSCHECK BACKUP;\n`);
    stack.services['dedup-worker'].signal('SIGCONT');
    expect(code).toBe(1);
    expect(stdout).toContain(
      'ADY_SBT_WORKER_SILENT: the Adyton dedup-worker gave no sign of life for 120 s while greeting it',
    );
    expect(await recordedPieces(stack)).toEqual(before);
    expect(await rman(stack, `${maintenance}\nCROSSCHECK BACKUP;\n`)).toMatchObject({ code: 0 });
    await closeByHand(stack);
  },
);

it('S4.11 a restore grant is read-only: what is deleted on a restored copy stays in the vault', async () => {
  const untilScn = await markNow(stack);
  await backUp(stack, 'archivelog');
  const before = await recordedPieces(stack);
  expect(await restore(stack, untilScn, join(stack.directory, 'copy'))).toMatchObject(SUCCEEDED);
  await stack.lab.ctl(['register', '--sid', COPY_SID]);
  await stack.lab.ctl(['start', '--sid', COPY_SID, '--mount', '--detach']);
  const listed = await recordedPieces(stack, COPY_SID);
  const [handle = ''] = listed.keys();
  // another restore, slow, so that its token is good while the copy is told to delete
  await slowStore(stack, 500);
  const { request, run } = await restoreUnderWay(untilScn, { copy: 'slow-copy', oracleSid: 'ORCLSLOW' });
  const script = run.scripts.find(({ step }) => step === 'restore')?.text ?? '';
  const channel = /^ALLOCATE CHANNEL FOR MAINTENANCE .*$/m.exec(script)?.[0] ?? '';
  try {
    for (const what of [`BACKUPPIECE '${handle}'`, 'OBSOLETE REDUNDANCY 1', 'BACKUP']) {
      const { code, stdout } = await rman(stack, `${channel}\nDELETE NOPROMPT ${what};\n`, COPY_SID);
      expect(stdout).toContain(`run ${run.id} may only restore`);
      expect(code).toBe(1);
    }
    expect(await recordedPieces(stack, COPY_SID)).toEqual(listed);
  } finally {
    await healStore(stack);
    await stack.lab.tryCtl(['stop', '--sid', COPY_SID, '--abort']);
  }
  expect(await endedRun(stack, request)).toMatchObject(SUCCEEDED);
  await expectIdentical(stack, untilScn, join(stack.directory, 'slow-copy'));
  const { maintenance } = await openByHand(stack);
  expect(await rman(stack, `${maintenance}\nCROSSCHECK BACKUP;\n`)).toMatchObject({ code: 0 });
  expect(await recordedPieces(stack)).toEqual(before);
  await closeByHand(stack);
});

it('S5.9 a restore whose store does not answer any more fails with the code of the store', async () => {
  const untilScn = await markNow(stack);
  await backUp(stack, 'archivelog');
  await slowStore(stack, 500);
  const { request } = await restoreUnderWay(untilScn, { copy: 'hanging-copy', oracleSid: 'ORCLHANG' });
  await spoilStore(stack, { hang: true });
  const run = await endedRun(stack, request).finally(() => healStore(stack));
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_STORE_UNAVAILABLE' } });
  const { text } = await callRoute(stack.api, restRoutes.getRunLog, { params: { id: run.id } });
  expect(text).toMatch(/^ORA-19511: .*\n +ADY_STORE_UNAVAILABLE: .* held the answer up for 20 s/m);
});

async function restoreUnderWay(
  untilScn: string,
  { copy, oracleSid }: { readonly copy: string; readonly oracleSid: string },
): Promise<{ request: BackupRequest; run: RunDetail }> {
  const plan = await planRestore(stack, untilScn, join(stack.directory, copy), oracleSid);
  const request = await runRestorePlan(stack, plan);
  const { runId } = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.runId !== null,
  );
  const run = await eventually(
    () => getRun(stack, runId ?? ''),
    ({ scripts }) => scripts.some(({ step }) => step === 'restore'),
  );
  return { request, run };
}

it('S4.11 a grant of one database takes no pieces of another', async () => {
  const { channel, id } = await openByHand(stack);
  const [, library = ''] = /SBT_LIBRARY=([^,]+)/.exec(channel) ?? [];
  const [, settings = ''] = /ENV=\(([^)]+)\)/.exec(channel) ?? [];
  const env = Object.fromEntries(settings.split(',').map((setting) => setting.split('=')));
  // sbttest says that its pieces are of a database of its own
  const sbttest = join(stack.lab.oracleHome, 'bin', 'sbttest');
  const { code, stdout } = await runCommand(sbttest, ['of-another', '-libname', library], { env });
  expect(code).not.toBe(0);
  expect(stdout).toMatch(new RegExp(`ADY_SBT_REFUSED: run ${id} is for database \\d+, not for 1`));
  await closeByHand(stack);
});

it('refuses a handle that is in use, and keeps the piece that has it', async () => {
  const { channel, maintenance } = await openByHand(stack);
  const backup = `RUN { ${channel} BACKUP DATAFILE 4 FORMAT 'by-hand/the-same'; }\n`;
  expect(await rman(stack, backup)).toMatchObject({ code: 0 });
  const again = await rman(stack, backup);
  expect(again.code).toBe(1);
  expect(again.stdout).toContain('piece by-hand/the-same exists already');
  const crosscheck = await rman(stack, `${maintenance}\nCROSSCHECK BACKUPPIECE 'by-hand/the-same';\n`);
  expect(crosscheck.stdout).toContain("found to be 'AVAILABLE'");
  await closeByHand(stack);
});

it('removes at once what the run by hand wrote itself', async () => {
  const { channel, maintenance } = await openByHand(stack);
  await rman(stack, `RUN { ${channel} BACKUP DATAFILE 4 FORMAT 'by-hand/own'; }\n`);
  expect(await rman(stack, `${maintenance}\nDELETE NOPROMPT BACKUPPIECE 'by-hand/own';\n`)).toMatchObject({
    code: 0,
  });
  expect((await recordedPieces(stack)).has('by-hand/own')).toBe(false);
  const catalog = await rman(
    stack,
    `${maintenance}\nCATALOG DEVICE TYPE 'SBT_TAPE' BACKUPPIECE 'by-hand/own';\n`,
  );
  expect(catalog.stdout).toContain('ORA-27206: requested file not found in media management catalog');
  await closeByHand(stack);
});
