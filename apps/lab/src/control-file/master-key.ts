/** Ids of the master keys of encrypted tablespaces. There is no key behind them: they only tell one key from the next. */
import { createHash } from 'node:crypto';
import { type ControlFile } from './control-file';

const ID_DIGITS = 32;

/** Of the key that all encrypted tablespaces are under now: 16 bytes, hexadecimal. */
export function masterKeyId({ dbid, keystore }: Pick<ControlFile, 'dbid' | 'keystore'>): string {
  const name = `${dbid}/${keystore?.rotations ?? 0}`;
  return createHash('sha256').update(name).digest('hex').slice(0, ID_DIGITS).toUpperCase();
}
