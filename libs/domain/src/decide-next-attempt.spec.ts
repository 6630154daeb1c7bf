// Whether a request whose agent died is tried again.
import { decideNextAttempt, RUN_ATTEMPTS_MAX, type LostAttempt } from './decide-next-attempt';

const now = new Date('2026-01-01T02:00:00Z');
const lost = (fields: Partial<LostAttempt> = {}): LostAttempt => ({
  trigger: 'scheduled',
  expiresAt: new Date('2026-01-01T04:00:00Z'),
  attempt: 1,
  cancelRequested: false,
  newerSlotWaits: false,
  ...fields,
});

it('S1.9 tries a scheduled request again while its window is open', () => {
  expect(decideNextAttempt(lost(), now)).toEqual({ kind: 'again', attempt: 2, until: lost().expiresAt });
});

it('S1.9 ends with the window: at its end nothing starts any more', () => {
  expect(decideNextAttempt(lost({ expiresAt: now }), now)).toEqual({ kind: 'none' });
});

it.each(['manual', 'replay'] as const)(
  'S1.9 leaves a %s run failed: somebody was told, and decides',
  (trigger) => {
    expect(decideNextAttempt(lost({ trigger }), now)).toEqual({ kind: 'none' });
  },
);

it('S1.9 quarantines what took its agent with it at every start, also when its window is over', () => {
  expect(decideNextAttempt(lost({ attempt: RUN_ATTEMPTS_MAX - 1 }), now).kind).toBe('again');
  expect(decideNextAttempt(lost({ attempt: RUN_ATTEMPTS_MAX }), now)).toEqual({ kind: 'quarantine' });
  expect(decideNextAttempt(lost({ attempt: RUN_ATTEMPTS_MAX, expiresAt: now }), now).kind).toBe('quarantine');
});

it('S1.9 does not start again what somebody asked to stop, nor beside the next slot', () => {
  expect(decideNextAttempt(lost({ cancelRequested: true }), now)).toEqual({ kind: 'none' });
  expect(decideNextAttempt(lost({ newerSlotWaits: true }), now)).toEqual({ kind: 'none' });
});
