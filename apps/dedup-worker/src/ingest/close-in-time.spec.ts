// How long sbtclose2 waits: the clock and the uploads are handed in, so nothing here takes longer than a look.
import { closeInTime } from './close-in-time';

const LIMITS = { deadlineSeconds: 1_800, stallSeconds: 300 };

interface Attempt {
  /** Seconds on the clock, and bytes uploaded, at each look. */
  readonly looks: readonly (readonly [seconds: number, uploaded: number])[];
  /** The close ends well behind the last look; otherwise the store never lets go. */
  readonly ends?: boolean;
}

async function attempt({ looks, ends = false }: Attempt) {
  let at = 0;
  const closing = Promise.withResolvers<never>();
  const stopped: Error[] = [];
  const ingest = {
    handle: 'p',
    close: () => closing.promise,
    stop: (reason: Error) => void stopped.push(reason),
  };
  const look = () => looks[Math.min(at, looks.length - 1)] ?? [0, 0];
  const clock = {
    now: () => new Date(0),
    monotonicMs: () => {
      const ms = look()[0] * 1000;
      at += 1;
      if (ends && at > looks.length) closing.resolve('closed' as never);
      return ms;
    },
  };
  const watch = { limits: LIMITS, clock, uploadedBytes: () => look()[1], lookEveryMs: 1 };
  const outcome = await closeInTime(ingest, watch).catch((error: unknown) => error);
  return { outcome, stopped };
}

it('waits as long as uploads advance', async () => {
  const looks = Array.from({ length: 7 }, (_, i) => [i * 250, i] as const);
  expect(await attempt({ looks, ends: true })).toEqual({ outcome: 'closed', stopped: [] });
});

it('gives up at the deadline, however well they advance', async () => {
  const looks = Array.from({ length: 12 }, (_, i) => [i * 200, i] as const);
  const { outcome, stopped } = await attempt({ looks });
  expect(outcome).toMatchObject({
    code: 'ADY_CLOSE_TIMEOUT',
    message: 'piece p: the store did not take all of it within 1800 s of its close',
  });
  expect(stopped).toEqual([outcome]);
});

it('gives up sooner when nothing arrives at the store', async () => {
  const { outcome } = await attempt({
    looks: [
      [0, 5],
      [200, 6],
      [450, 6],
      [501, 6],
    ],
  });
  expect(outcome).toMatchObject({
    code: 'ADY_CLOSE_TIMEOUT',
    message: 'piece p: the store took nothing for 300 s',
  });
});
