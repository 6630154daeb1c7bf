// Pluggable databases that came or went since the last recovery point: a new one is in this backup, but one that was unplugged or dropped
// lives on in older recovery points only, and somebody should know.
import { checkThat, type Check } from '../checks/check-that';

export interface PluggableFacts {
  readonly uid: string;
  readonly name: string;
  readonly unplugged: boolean;
}

/** @param known those of the last recovery point; null when there is none or it does not say */
export function judgePluggables(
  present: readonly PluggableFacts[],
  known: readonly Pick<PluggableFacts, 'uid' | 'name'>[] | null,
): Check {
  const named = (all: readonly Pick<PluggableFacts, 'name'>[]): string => all.map((p) => p.name).join(', ');
  const without = <T extends { uid: string }>(all: readonly T[], others: readonly { uid: string }[]): T[] =>
    all.filter(({ uid }) => !others.some((other) => other.uid === uid));
  const news = [
    ['new since the last backup', known === null ? [] : without(present, known)],
    ['unplugged', present.filter((p) => p.unplugged)],
    ['dropped since the last backup', without(known ?? [], present)],
  ] as const;
  const told = news.flatMap(([what, which]) => (which.length === 0 ? [] : [`${what}: ${named(which)}`]));
  return checkThat(
    'pluggable-databases',
    told.length === 0,
    told.length === 0 ? `none came or went: ${named(present)}` : told.join('; '),
  );
}
