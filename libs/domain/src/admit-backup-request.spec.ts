// What becomes of a request, by its trigger, its window and what is known of its agent.
import { admitBackupRequest, type AgentPresence } from './admit-backup-request';

const NOON = new Date('2026-01-15T12:00:00Z');
const ONE = new Date('2026-01-15T13:00:00Z');

describe('admitBackupRequest', () => {
  it.each(['manual', 'replay'] as const)(
    'fails a %s request at once when its agent is not running',
    (trigger) => {
      expect(admitBackupRequest({ trigger, expiresAt: null }, 'not-running', NOON)).toEqual({
        kind: 'fail',
        code: 'ADY_AGENT_NOT_RUNNING',
      });
    },
  );

  it('does not claim that the agent is down when nobody could ask', () => {
    expect(admitBackupRequest({ trigger: 'manual', expiresAt: null }, 'unknown', NOON)).toEqual({
      kind: 'fail',
      code: 'ADY_QUEUE_UNAVAILABLE',
    });
  });

  it.each(['not-running', 'unknown'] as const)(
    'lets a scheduled request wait until its window ends (%s)',
    (presence) => {
      expect(admitBackupRequest({ trigger: 'scheduled', expiresAt: ONE }, presence, NOON)).toEqual({
        kind: 'wait',
        until: ONE,
      });
    },
  );

  it('expires a request at the end of its window, not a moment later, whatever the agent does', () => {
    for (const presence of ['running', 'not-running', 'unknown'] satisfies AgentPresence[]) {
      const request = { trigger: 'scheduled', expiresAt: ONE } as const;
      expect(admitBackupRequest(request, presence, ONE)).toEqual({ kind: 'expire' });
      expect(admitBackupRequest(request, presence, new Date(ONE.getTime() - 1)).kind).not.toBe('expire');
    }
  });

  it.each(['manual', 'replay', 'scheduled'] as const)(
    'forwards a %s request to a running agent',
    (trigger) => {
      expect(admitBackupRequest({ trigger, expiresAt: ONE }, 'running', NOON)).toEqual({ kind: 'forward' });
    },
  );
});
