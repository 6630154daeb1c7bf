// The database user of the agent: a file that only its owner reads, never a variable or a message.
import { readFile, stat } from 'node:fs/promises';
import { OracleError } from './oracle-error';

export interface OracleCredentials {
  readonly user: string;
  readonly password: string;
}

/** A user name and a password of at most 1024 bytes fit many times. */
const FILE_BYTES_MAX = 16 * 1024;
const OTHERS_MAY = 0o077;

/**
 * Reads `{"user": "...", "password": "..."}`.
 * @throws OracleError of kind credentials when the file is missing, readable by others, or not of that form
 */
export async function readCredentials(file: string): Promise<OracleCredentials> {
  const text = await readPrivate(file);
  const parsed = parseJson(text);
  if (
    typeof parsed === 'object' &&
    parsed !== null &&
    'user' in parsed &&
    'password' in parsed &&
    typeof parsed.user === 'string' &&
    typeof parsed.password === 'string' &&
    parsed.user !== ''
  ) {
    return { user: parsed.user, password: parsed.password };
  }
  throw refuse(`${file} is not of the form {"user": "...", "password": "..."}`);
}

async function readPrivate(file: string): Promise<string> {
  try {
    const { mode, size } = await stat(file);
    if ((mode & OTHERS_MAY) !== 0) throw refuse(`${file} can be read by others than its owner; chmod 600 it`);
    if (size > FILE_BYTES_MAX) throw refuse(`${file} is larger than ${FILE_BYTES_MAX} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof OracleError) throw error;
    throw refuse(`${file} cannot be read`, error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the message of a JSON error quotes the text, and with it the password
  }
}

function refuse(detail: string, cause?: unknown): OracleError {
  return new OracleError('credentials', null, detail, { cause });
}
