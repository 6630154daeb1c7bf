// Conditions of the database that a backup depends on or that a DBA should know of: pure verdicts over what it says of itself.
import { type DatabaseIdentity, type RmanChannel } from '@adyton/oracle';
import { checkThat, judged, type Check } from './check-that';

/** Sessions named in an evidence; the rest is counted. */
const NAMED_MAX = 5;

export function judgeLogMode({ logMode }: Pick<DatabaseIdentity, 'logMode'>): Check {
  return checkThat('archivelog-mode', logMode === 'ARCHIVELOG', `log mode is ${logMode}`);
}

export function judgeRole({ role }: Pick<DatabaseIdentity, 'role'>): Check {
  return checkThat('primary-role', role === 'PRIMARY', `database role is ${role}`);
}

/** @param daysBetweenFulls as the policy has it; null without a policy */
export function judgeRecordKeepTime(keepDays: number, daysBetweenFulls: number | null): Check {
  const code = 'record-keep-time';
  const kept = `control_file_record_keep_time is ${keepDays} day(s)`;
  if (keepDays === 0) return judged(code, 'failed', kept);
  if (daysBetweenFulls === null) return checkThat(code, true, `${kept}; no policy asks for full backups`);
  const evidence = `${kept}; full backups are up to ${daysBetweenFulls} day(s) apart`;
  return checkThat(code, keepDays > daysBetweenFulls, evidence);
}

export function judgeChangeTracking(isTracked: boolean, banner: string): Check {
  const code = 'change-tracking';
  if (isTracked) return checkThat(code, true, 'block change tracking is enabled');
  if (isOneChannelEdition(banner)) return checkThat(code, true, 'this edition has none');
  return checkThat(code, false, 'block change tracking is disabled');
}

/** Marks the channels of our own runs, whichever lane they are in. */
const OWN_COMMAND = /(^|,)id=ady:/;

export function judgeRmanJobs(channels: readonly RmanChannel[]): Check {
  const others = channels.filter(({ clientInfo }) => !OWN_COMMAND.test(clientInfo));
  if (others.length === 0) return checkThat('rman-jobs', true, 'no channel of another RMAN');
  const named = others
    .slice(0, NAMED_MAX)
    .map((c) => `${c.clientInfo} (${c.program}, instance ${c.instance}, SID ${c.sid})`);
  const more = others.length > NAMED_MAX ? `, and ${others.length - NAMED_MAX} more` : '';
  return checkThat('rman-jobs', false, `${named.join(', ')}${more}`);
}

/** Editions whose RMAN works through one channel at a time. */
const ONE_CHANNEL = /\b(Standard Edition|Express Edition)\b/;

export function isOneChannelEdition(banner: string): boolean {
  return ONE_CHANNEL.test(banner);
}

export function judgeEdition(banner: string, channels: number): Check {
  const isCut = isOneChannelEdition(banner) && channels > 1;
  const evidence = isCut ? `${banner}: one channel instead of ${channels}` : banner;
  return checkThat('standard-edition', !isCut, evidence);
}
