// The agent's PROBE on a real socket.
import { FRAME_TYPES } from './frame';
import { probeStore } from './probe-store';
import { SBT_CODES, SbtFailure } from './sbt-failure';
import { RawClient } from './testing/raw-client';
import { useSbtServer } from './testing/sbt-server';

const FINDINGS = { storeName: 's3 bucket b', isDeleted: true, skewSeconds: -12 };
const sbt = useSbtServer();
const ask = (limitMs = 5_000) => probeStore({ socketPath: sbt.path, limitMs });

it.each([FINDINGS, { ...FINDINGS, isDeleted: false, skewSeconds: null }])(
  'brings %j back',
  async (findings) => {
    await sbt.start({ probe: async () => findings });
    expect(await ask()).toEqual({ kind: 'works', ...findings });
  },
);

it('brings the reason of a store that fails back', async () => {
  await sbt.start({
    probe: async () => {
      throw new SbtFailure(SBT_CODES.failed, 'ADY_STORE_DENIED: no | HINT: yes');
    },
  });
  expect(await ask()).toEqual({ kind: 'failed', reason: 'ADY_STORE_DENIED: no | HINT: yes' });
});

it('says so when the worker cannot do it, takes too long, or is not there', async () => {
  await sbt.start();
  expect(await ask()).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('probes no store') as string,
  });
  await sbt.close();
  await sbt.start({ probe: () => new Promise(() => undefined) });
  expect(await ask(100)).toMatchObject({ reason: expect.stringContaining('within 100 ms') as string });
  await sbt.close();
  expect(await ask()).toMatchObject({ reason: expect.stringContaining('ENOENT') as string });
});

it('is for the first frame only', async () => {
  let probes = 0;
  await sbt.start({
    probe: async () => {
      probes += 1;
      return FINDINGS;
    },
  });
  const client = await RawClient.greeted(sbt.path);
  client.send(FRAME_TYPES.probe);
  await client.expect(FRAME_TYPES.error);
  await client.closed();
  expect(probes).toBe(0);
});
