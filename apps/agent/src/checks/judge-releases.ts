// Instances of one cluster run the same release; during an upgrade or a rolling patch they may not.
import { type InstanceRelease } from '@adyton/oracle';
import { checkThat, type Check } from './check-that';

/** @param releases of all instances that run */
export function judgeBaseRelease(
  releases: readonly InstanceRelease[],
  { own, primary }: { readonly own: string; readonly primary: string },
): Check {
  const [ours, theirs] = [own, primary].map((name) =>
    releases.find(({ instanceName }) => instanceName === name),
  );
  if (ours === undefined || theirs === undefined)
    return checkThat(
      'base-release',
      false,
      `${ours === undefined ? own : primary} is not among the instances`,
    );
  return checkThat(
    'base-release',
    baseOf(ours) === baseOf(theirs),
    `${own} is ${ours.version}, ${primary} is ${theirs.version}`,
  );
}

export function judgeReleaseUpdates(releases: readonly InstanceRelease[]): Check {
  const updates = new Set(releases.map(({ version }) => version));
  const evidence = releases.map(({ instanceName, version }) => `${instanceName} ${version}`).join(', ');
  return checkThat('release-update', updates.size <= 1, evidence);
}

/** From this release on the second number is the release update; before, it belongs to the release. */
const YEARLY_RELEASE = 18;

/** `19` of `19.21.0.0.0`, `12.2` of `12.2.0.1.0`. */
function baseOf({ version }: InstanceRelease): string {
  const [major = '', minor = ''] = version.split('.');
  return Number(major) >= YEARLY_RELEASE ? major : `${major}.${minor}`;
}
