// The slots of a whole fleet come in one instant, on a real ledger.
import { type RequestId, type ScheduleId } from '@adyton/domain';
import { createSchedule, listRequests, readNow } from '@adyton/ledger';
import { createLogger } from '@adyton/runtime';
import { nextId, useLedger } from '../../../../libs/ledger/src/testing/ledger-fixture';
import { materialiseSchedules } from './materialise-schedules';

/** More than one look of the ledger shows. */
const FLEET = 230;
const MINUTE_MS = 60_000;

const fixture = useLedger();

async function addSchedule(cron: string, dueSecondsAgo: number): Promise<void> {
  const { session } = fixture.ledger;
  await createSchedule(session, {
    ...{ id: nextId<ScheduleId>('sch'), databaseId: await fixture.newDatabase(), kind: 'auto' },
    ...{ cron, timeZone: 'UTC', expiryWindowMinutes: 60, principal: 'api' },
    nextAt: new Date((await readNow(session)).getTime() - dueSecondsAgo * 1_000),
  });
}

/** Schedules with a request on its way; newest first, each has one. */
async function requested(): Promise<number> {
  const { items } = await listRequests(fixture.ledger.session, { limit: 10 * FLEET });
  return new Set(items.filter((r) => r.state === 'dispatching').map((r) => r.databaseId)).size;
}

it(
  'turns all slots that are due into requests in one look, whatever the first schedule is like',
  async () => {
    await addSchedule('not a cron expression', 600);
    for (let i = 0; i < FLEET; i += 1) await addSchedule('* * * * *', 1);
    await fixture.moveClock(120); // two slots of each go by
    const duty = materialiseSchedules({
      ledger: fixture.ledger,
      log: createLogger({ process: 'scheduler', level: 'silent' }),
      presenceOf: () => Promise.resolve('running'),
      newUlid: () => nextId<RequestId>('req').slice('req_'.length),
      claimSeconds: 10,
    });
    await duty.run();
    expect(await requested()).toBe(FLEET);
    const nextInMs = await duty.nextInMs?.();
    expect(nextInMs).toBeGreaterThan(0); // the broken one is overdue, and wakes nobody up in vain
    expect(nextInMs).toBeLessThanOrEqual(MINUTE_MS);
  },
  2 * MINUTE_MS,
);
