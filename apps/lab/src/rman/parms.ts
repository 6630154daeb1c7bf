/**
 * The PARMS text of a channel: `SBT_LIBRARY=path,BLKSIZE=bytes,ENV=(NAME=value,NAME="value, with commas")`, in any order,
 * commas optional.
 */
import { type DeviceType } from './ast';
import { RmanError } from './rman-error';

export interface ChannelParms {
  library: string;
  blockBytes: number;
  env: Record<string, string>;
}

/** Oracle looks for this name when PARMS has no SBT_LIBRARY. */
const DEFAULT_LIBRARY = 'libobk.so';
/** What Oracle uses without BLKSIZE. */
const DEFAULT_BLOCK_BYTES = 262144;
/** Pieces hold whole blocks of up to 32 KiB. */
const BLOCK_BYTES_MIN = 32768;
const BLOCK_BYTES_MAX = 16 * 1024 * 1024;
/** Pieces on disk are written in blocks of this size. */
const DISK_BLOCK_BYTES = 1024 * 1024;
const PARMS_CHARACTERS_MAX = 1000;

/** Throws RmanError with ORA-27207 … ORA-27210 when the text is not in that form. Disk channels take no PARMS of ours. */
export function parseParms(text: string | null, device: DeviceType): ChannelParms {
  if (device === 'DISK') return { library: '', blockBytes: DISK_BLOCK_BYTES, env: {} };
  const parms: ChannelParms = { library: DEFAULT_LIBRARY, blockBytes: DEFAULT_BLOCK_BYTES, env: {} };
  let rest = (text ?? '').trim();
  if (rest.length > PARMS_CHARACTERS_MAX) throw refuse(27210, 'syntax error in device PARMS');
  while (rest !== '') {
    const match = /^([A-Z_]+)\s*=\s*/i.exec(rest);
    if (match === null) throw refuse(27209, 'syntax error in device PARMS - unknown keyword or missing =');
    const value = takeValue(rest.slice(match[0].length));
    noteParameter(parms, (match[1] ?? '').toUpperCase(), value.text);
    rest = value.rest.replace(/^[\s,]+/, '');
  }
  return parms;
}

function noteParameter(parms: ChannelParms, name: string, value: string): void {
  if (name === 'SBT_LIBRARY') parms.library = value;
  else if (name === 'BLKSIZE') parms.blockBytes = blockBytesOf(value);
  else if (name === 'ENV' || name === 'SBT_PARMS') Object.assign(parms.env, parseEnv(value));
  else throw refuse(27209, 'syntax error in device PARMS - unknown keyword or missing =');
}

function blockBytesOf(value: string): number {
  const bytes = /^\d+$/.test(value) ? Number(value) : 0;
  if (bytes < BLOCK_BYTES_MIN || bytes > BLOCK_BYTES_MAX || bytes % BLOCK_BYTES_MIN !== 0) {
    throw refuse(27018, 'BLKSIZE is not a multiple of the minimum physical block size');
  }
  return bytes;
}

function parseEnv(list: string): Record<string, string> {
  const env: Record<string, string> = {};
  let rest = list.trim();
  while (rest !== '') {
    const match = /^([A-Za-z_]\w*)\s*=\s*/.exec(rest);
    if (match === null)
      throw refuse(27208, 'syntax error in device PARMS - environment variable value missing');
    const value = takeValue(rest.slice(match[0].length));
    env[match[1] ?? ''] = value.text;
    rest = value.rest.replace(/^[\s,]+/, '');
  }
  return env;
}

/** A value ends at a comma or blank; quotes and one level of parentheses protect both. */
function takeValue(text: string): { text: string; rest: string } {
  if (text.startsWith('(')) {
    const end = closingParenthesis(text);
    return { text: text.slice(1, end), rest: text.slice(end + 1) };
  }
  const quoted = /^"([^"]*)"/.exec(text);
  if (quoted !== null) return { text: quoted[1] ?? '', rest: text.slice(quoted[0].length) };
  const plain = /^[^\s,()]+/.exec(text);
  if (plain === null)
    throw refuse(27208, 'syntax error in device PARMS - environment variable value missing');
  return { text: plain[0], rest: text.slice(plain[0].length) };
}

function closingParenthesis(text: string): number {
  let quoted = false;
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === ')' && !quoted) return i;
  }
  throw refuse(27207, 'syntax error in device PARMS - parentheses mismatch or missing');
}

function refuse(ora: number, text: string): RmanError {
  return new RmanError([
    'ORA-19554: error allocating device, device type: SBT_TAPE, device name: ',
    `ORA-${ora}: ${text}`,
  ]);
}
