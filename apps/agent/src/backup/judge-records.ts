// What a run says about RMAN's records of our pieces: the check that names what somebody did to them, and what became of it.
import { RECORDS_CHECK } from '@adyton/contracts';
import { checkThat, type Check } from '../checks/check-that';
import { type RecordGaps } from './compare-records';

/** Names in an evidence; the rest is counted. */
const NAMED_MAX = 5;

export interface Healing {
  readonly found: RecordGaps;
  /** As it was afterwards. */
  readonly left: RecordGaps;
  /** Why RMAN could not do all of it. */
  readonly failure: string | null;
}

export function judgeRecords({ found, left, failure }: Healing): Check {
  const evidence = [
    ...told(without(found.expired, left.expired), 'marked expired by somebody and available again'),
    ...told(without(found.forgotten, left.forgotten), 'gone from the record and cataloged again'),
    ...told(left.expired, 'marked expired by somebody'),
    ...told(left.forgotten, 'gone from the record'),
    ...told(left.leftForRelease, 'on no record and not needed, waiting for release'),
    ...(failure === null ? [] : [`not all could be put right: ${failure}`]),
  ];
  const isSound = found.expired.length + found.forgotten.length === 0;
  return checkThat(
    RECORDS_CHECK,
    isSound,
    evidence.length === 0 ? 'RMAN lists what the vault holds' : evidence.join('; '),
  );
}

function without(handles: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return handles.filter((handle) => !known.has(handle));
}

function told(handles: readonly string[], what: string): string[] {
  if (handles.length === 0) return [];
  const more = handles.length > NAMED_MAX ? ', …' : '';
  return [`${handles.length} piece(s) ${what}: ${handles.slice(0, NAMED_MAX).join(', ')}${more}`];
}
