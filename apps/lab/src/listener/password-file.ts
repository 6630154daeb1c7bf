// orapw<SID>.json: who may log in through the listener, and as what. It holds 12C verifiers: a hash of a PBKDF2 key, from which a
// login can be checked but the password not be read. Same layout as the instance's own reader expects.
import { createHash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Administrative privileges, and for ordinary logins CREATE SESSION; SELECT_CATALOG_ROLE opens the views to those. */
export type Privilege =
  | 'SYSDBA'
  | 'SYSOPER'
  | 'SYSBACKUP'
  | 'SYSDG'
  | 'SYSKM'
  | 'CREATE SESSION'
  | 'SELECT_CATALOG_ROLE'
  | 'ALTER SYSTEM';

export interface PasswordUser {
  /** Upper case, as stored in the dictionary. */
  name: string;
  privileges: Privilege[];
  /** 16 random bytes, hex. */
  saltHex: string;
  /** PBKDF2 rounds; the client accepts 1 to 100000. */
  iterations: number;
  /** SHA-512 of the PBKDF2 key and the salt, 64 bytes, hex. The first 32 bytes are the key of the handshake. */
  verifierHex: string;
  /** Account locked: ORA-28000 at login. */
  locked?: boolean;
}

export interface PasswordFile {
  users: PasswordUser[];
}

export interface NewPasswordUser {
  name: string;
  password: string;
  privileges: Privilege[];
}

const SALT_BYTES = 16;
/** Oracle's default of 12.2 and later; what the handshake calls VGEN_COUNT. */
export const VERIFIER_ITERATIONS = 4096;
const KEY_BYTES = 64;
const SALT_LABEL = 'AUTH_PBKDF2_SPEEDY_KEY';
const OWNER_ONLY = 0o600;
const derive = promisify(pbkdf2);

/** SHA-512(PBKDF2(password) || salt), 64 bytes. */
export async function makeVerifier(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  const key = await derive(
    password,
    Buffer.concat([salt, Buffer.from(SALT_LABEL)]),
    iterations,
    KEY_BYTES,
    'sha512',
  );
  return createHash('sha512').update(key).update(salt).digest();
}

/** A user with a fresh salt. */
async function makePasswordUser(user: NewPasswordUser): Promise<PasswordUser> {
  const salt = randomBytes(SALT_BYTES);
  const verifier = await makeVerifier(user.password, salt, VERIFIER_ITERATIONS);
  return {
    name: user.name.toUpperCase(),
    privileges: user.privileges,
    saltHex: salt.toString('hex'),
    iterations: VERIFIER_ITERATIONS,
    verifierHex: verifier.toString('hex'),
  };
}

export async function checkPassword(user: PasswordUser, password: string): Promise<boolean> {
  const verifier = await makeVerifier(password, Buffer.from(user.saltHex, 'hex'), user.iterations);
  const expected = Buffer.from(user.verifierHex, 'hex');
  return expected.length === verifier.length && timingSafeEqual(expected, verifier);
}

/** Reads orapw<SID>.json. */
export async function readPasswordFile(path: string): Promise<PasswordFile> {
  return JSON.parse(await readFile(path, 'utf8')) as PasswordFile;
}

/** Writes a new file, or replaces the one that is there, readable by its owner only. */
export async function createPasswordFile(
  path: string,
  users: readonly NewPasswordUser[],
): Promise<PasswordFile> {
  const file: PasswordFile = { users: await Promise.all(users.map(makePasswordUser)) };
  await write(path, file);
  return file;
}

/** Adds a user, or gives one that is there another password and other privileges. */
export async function addUser(path: string, user: NewPasswordUser): Promise<PasswordFile> {
  const made = await makePasswordUser(user);
  const { users } = await readPasswordFile(path);
  const file: PasswordFile = { users: [...users.filter((u) => u.name !== made.name), made] };
  await write(path, file);
  return file;
}

async function write(path: string, file: PasswordFile): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const handle = await open(temporary, 'wx', OWNER_ONLY);
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}
