// The host id of the settings, checked once at the door.
import { ID_PREFIX, type HostId } from '@adyton/domain';

/** @throws RangeError when the text is no host id. */
export function hostId(text: string): HostId {
  if (!text.startsWith(`${ID_PREFIX.HostId}_`))
    throw new RangeError(`ADYTON_HOST_ID must look like ${ID_PREFIX.HostId}_<ULID>`);
  return text as HostId;
}
