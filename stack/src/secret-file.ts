// Secrets of a stack lie in 0600 files; processes get the path, never the value.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export function writeSecret(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** The secret in the file, made up on first use. */
export function secretIn(path: string): string {
  if (!existsSync(path)) writeSecret(path, randomBytes(24).toString('base64url'));
  return readFileSync(path, 'utf8').trim();
}
