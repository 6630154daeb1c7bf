// Keys of a database's block maps: what is compared there is keyed, so that nobody who chooses the contents of blocks can make two of them
// look alike.
import { hkdfSync } from 'node:crypto';
import { type DatabaseKeys } from './database-keys';

export interface MapKeys {
  /** Fingerprints of blocks. */
  readonly fingerprintKey: Buffer;
  /** Tags of slots. */
  readonly tagKey: Buffer;
}

const KEY_BYTES = 32;

export function mapKeysOf({ metaKey }: Pick<DatabaseKeys, 'metaKey'>): MapKeys {
  const key = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', metaKey, Buffer.alloc(0), `adyton map ${purpose}`, KEY_BYTES));
  return { fingerprintKey: key('fingerprints'), tagKey: key('tags') };
}
