// The secret of one host's SBT sessions in one run. Only its hash is kept.
import { randomBytes } from 'node:crypto';
import { sha256Hex } from '../http/token-guard';

const SBT_TOKEN_BYTES = 32;

export function newSbtToken(): { readonly sbtToken: string; readonly tokenSha256: string } {
  const sbtToken = randomBytes(SBT_TOKEN_BYTES).toString('base64url');
  return { sbtToken, tokenSha256: sha256Hex(sbtToken) };
}
