// The next step of each point that a rule keeps or lets go, on either side of its grace time.
import { type ExpiringPoint, retentionSteps } from './retention-steps';

const NOON = new Date('2026-03-01T12:00:00Z');
const later = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000);

function point(name: string, expiringUntil: Date | null): ExpiringPoint {
  const completedAt = later(-60);
  return {
    id: name as ExpiringPoint['id'],
    ...{ level: 'level0', startedAt: completedAt, completedAt, good: true, held: false, expiringUntil },
  };
}
const steps = (points: readonly ExpiringPoint[], expired: string[]) =>
  retentionSteps(points, { expired: expired as ExpiringPoint['id'][] }, NOON);

it('K2 lets a point go softly first, and for ever only when its grace time is over', () => {
  const points = [point('new', null), point('young', later(1)), point('due', NOON), point('kept', null)];
  expect(steps(points, ['new', 'young', 'due'])).toEqual({ letGo: ['new'], takeBack: [], expire: ['due'] });
});

it('takes back what the rule keeps again, however long its grace time is over', () => {
  expect(steps([point('again', later(-600))], [])).toEqual({ letGo: [], takeBack: ['again'], expire: [] });
});
