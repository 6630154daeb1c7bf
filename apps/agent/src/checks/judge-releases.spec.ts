// Instances of one cluster that run the same release, and others that do not.
import { type InstanceRelease } from '@adyton/oracle';
import { judgeBaseRelease, judgeReleaseUpdates } from './judge-releases';

const of = (instanceName: string, version: string): InstanceRelease => ({
  instanceName,
  version,
  thread: 1,
  isParallel: true,
});
const primary = of('A1', '19.21.0.0.0');

it.each([
  ['19.21.0.0.0', 'ok', 'ok'],
  ['19.20.0.0.0', 'ok', 'warning'],
  ['21.3.0.0.0', 'failed', 'warning'],
])('S4.6 an instance of %s beside one of 19.21: base release %s, update %s', (version, base, update) => {
  const releases = [primary, of('A2', version)];
  expect(judgeBaseRelease(releases, { own: 'A2', primary: 'A1' })).toMatchObject({
    code: 'base-release',
    verdict: base,
  });
  expect(judgeReleaseUpdates(releases)).toMatchObject({ code: 'release-update', verdict: update });
});

it('S4.6 tells the releases apart that count by two numbers', () => {
  const releases = [of('A1', '12.1.0.2.0'), of('A2', '12.2.0.1.0')];
  expect(judgeBaseRelease(releases, { own: 'A2', primary: 'A1' })).toMatchObject({ verdict: 'failed' });
});

it('S4.6 leaves an instance out that does not see the primary', () => {
  expect(judgeBaseRelease([of('A2', '19.21.0.0.0')], { own: 'A2', primary: 'A1' })).toMatchObject({
    verdict: 'failed',
    evidence: 'A1 is not among the instances',
  });
});
