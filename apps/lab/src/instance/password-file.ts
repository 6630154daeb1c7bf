/** The password file: who may log in through the listener with SYSDBA or SYSBACKUP, as 12C verifiers, never as passwords. */
import { createHash, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

export type Privilege = 'SYSDBA' | 'SYSOPER' | 'SYSBACKUP';

export interface PasswordUser {
  /** Upper case, as stored in the dictionary. */
  name: string;
  privileges: Privilege[];
  /** 16 random bytes, hex: AUTH_VFR_DATA of the 12C verifier. */
  saltHex: string;
  iterations: number;
  /** SHA-512 of (PBKDF2 key || salt), 64 bytes, hex. The verifier key of a login is its first 32 bytes. */
  verifierHex: string;
}

export interface PasswordFile {
  users: PasswordUser[];
}

const SALT_BYTES = 16;
const ITERATIONS = 4096;
const KEY_BYTES = 64;
const SPEEDY_KEY_LABEL = 'AUTH_PBKDF2_SPEEDY_KEY';
const OWNER_ONLY = 0o600;

/** A user with a fresh salt. */
export function makePasswordUser(name: string, password: string, privileges: Privilege[]): PasswordUser {
  const salt = randomBytes(SALT_BYTES);
  return {
    name: name.toUpperCase(),
    privileges,
    saltHex: salt.toString('hex'),
    iterations: ITERATIONS,
    verifierHex: verifierOf(password, salt, ITERATIONS).toString('hex'),
  };
}

/** True when the password is the user's. */
export function checkPassword(user: PasswordUser, password: string): boolean {
  const expected = Buffer.from(user.verifierHex, 'hex');
  return timingSafeEqual(expected, verifierOf(password, Buffer.from(user.saltHex, 'hex'), user.iterations));
}

/** Reads orapw<SID>.json. */
export function readPasswordFile(path: string): PasswordFile {
  return JSON.parse(readFileSync(path, 'utf8')) as PasswordFile;
}

/** Writes orapw<SID>.json, readable by its owner only. */
export function writePasswordFile(path: string, file: PasswordFile): void {
  writeFileSync(path, JSON.stringify(file, null, 2) + '\n', { mode: OWNER_ONLY });
}

function verifierOf(password: string, salt: Buffer, iterations: number): Buffer {
  const labelled = Buffer.concat([salt, Buffer.from(SPEEDY_KEY_LABEL)]);
  const key = pbkdf2Sync(password, labelled, iterations, KEY_BYTES, 'sha512');
  return createHash('sha512').update(key).update(salt).digest();
}
