// The bandwidth limit of a policy on the real path: a data run with several channels and a run of the logs beside it share it, and what arrives at
// the object store stays within a tenth over a minute. BANDWIDTH_SECONDS=60 is that minute; by default it is shorter, and a pack, which is sent at
// once, counts for more of it.
import { PACK_BYTES_MAX } from '@adyton/vault';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  backUp,
  backupUnderWay,
  changeRows,
  DATABASE_NAME,
  endedRun,
  getRequest,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

const SECONDS = Number(process.env['BANDWIDTH_SECONDS'] ?? 12);
const BYTES_PER_SECOND = 6_000_000;
/** More than the limit lets through in the time. */
const DATABASE_BYTES = Math.ceil(1.6 * SECONDS * BYTES_PER_SECOND) + 2 * PACK_BYTES_MAX;
const CHANNELS = 4;
const SAMPLE_MS = 250;

jest.setTimeout((SECONDS * 10 + 300) * 1000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ databaseBytes: String(DATABASE_BYTES) });
  await stack.sql('UPDATE adyton.databases SET channels = $1', [CHANNELS]);
});
afterAll(() => stack.stop());

/** Bytes of packs the lab's S3 server keeps. */
function bytesInStore(): number {
  const files = readdirSync(join(stack.directory, 'lab', 's3'), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => statSync(join(file.parentPath, file.name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0);
}

it('S5.10 the limit of a policy holds for all channels and runs of the database together', async () => {
  const limit = ['--bandwidth', String(BYTES_PER_SECOND), '--redundancy', '1'];
  expect(await stack.cli(['policy', 'set', DATABASE_NAME, ...limit])).toMatchObject({ code: 0 });
  await changeRows(stack, 1);
  const under = await backupUnderWay(stack);
  const logs = backUp(stack, 'archivelog');
  const samples = [bytesInStore()];
  for (let ms = 0; ms < SECONDS * 1000; ms += SAMPLE_MS) {
    await sleep(SAMPLE_MS);
    samples.push(bytesInStore());
  }
  const sent = (samples.at(-1) ?? 0) - (samples[0] ?? 0);
  const share = BYTES_PER_SECOND * SECONDS;
  process.stderr.write(`${(sent / share).toFixed(3)} of the limit over ${SECONDS} s\n`);
  const slack = Math.max(0.1 * share, PACK_BYTES_MAX);
  expect(sent).toBeLessThan(share + slack);
  expect(sent).toBeGreaterThan(share - slack);
  expect(await logs).toMatchObject(SUCCEEDED);
  expect(await endedRun(stack, await getRequest(stack, under.requestId))).toMatchObject(SUCCEEDED);
});
