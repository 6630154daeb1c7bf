// How the program was called.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const GIBIBYTE = 1024 ** 3;
/** What one level 0 of the certification reads at most, unless told otherwise; it reads the file about twenty times. */
const FILE_BYTES_MAX = 2 * GIBIBYTE;

export interface Options {
  readonly oracleHome: string;
  readonly oracleSid: string;
  readonly library: string;
  readonly directory: string;
  /** Backups may be made without asking. */
  readonly yes: boolean;
  readonly killChannel: boolean;
  readonly configureExclude: boolean;
  readonly file: number | null;
  readonly bytesMax: number;
}

export const USAGE = `certify: compares what this Oracle host does with what Adyton's lab believes. Run it as the Oracle user.

  ORACLE_HOME, ORACLE_SID   the instance; log-in is with OS authentication
  --library FILE            libobk.so (default /opt/adyton/lib/libobk.so)
  --out DIR                 report (default build/certify)
  --file N                  data file to back up (default: the smallest of 1 MiB or more)
  --max-bytes N             largest file to back up (default 2 GiB)
  --yes                     make the backups without asking
  --configure-exclude       also exclude the tablespace of that file from whole backups, and take that back (never without this)
  --kill-channel            also kill the server process of a channel of its own (never without this)

Without backups it only asks questions. ADYTON_STORE_… and ADYTON_VAULT_KEY_FILE name a vault; without them a throw-away one is made below DIR.
`;

/** @throws Error that says what is wrong with the call. */
export function readOptions(argv: readonly string[], env: NodeJS.ProcessEnv): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      library: { type: 'string', default: '/opt/adyton/lib/libobk.so' },
      out: { type: 'string', default: 'build/certify' },
      file: { type: 'string' },
      'max-bytes': { type: 'string', default: String(FILE_BYTES_MAX) },
      yes: { type: 'boolean', default: false },
      'configure-exclude': { type: 'boolean', default: false },
      'kill-channel': { type: 'boolean', default: false },
    },
  });
  const { ORACLE_HOME: oracleHome = '', ORACLE_SID: oracleSid = '' } = env;
  if (oracleHome === '' || oracleSid === '') throw new Error('ORACLE_HOME and ORACLE_SID must be set');
  const library = resolve(values.library);
  if (!existsSync(library))
    throw new Error(`there is no library at ${library}: build it, or name it with --library`);
  return {
    ...{ oracleHome, oracleSid, library, yes: values.yes, killChannel: values['kill-channel'] },
    configureExclude: values['configure-exclude'],
    directory: resolve(values.out),
    file: values.file === undefined ? null : wholeNumber('--file', values.file),
    bytesMax: wholeNumber('--max-bytes', values['max-bytes']),
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${name}: a whole number, not ${text}`);
  return Number(text);
}
