// A certificate for the TCPS endpoint of a lab listener: self-signed, for loopback names and addresses only. Written out in DER here
// because neither Node nor a bare Debian can make one without another tool. RFC 5280.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  sanDns: 0x82,
  sanIp: 0x87,
} as const;
/** Object identifiers, already encoded. */
const OID = {
  commonName: '550403',
  ecdsaSha256: '2a8648ce3d040302',
  basicConstraints: '551d13',
  subjectAltName: '551d11',
} as const;
const SHORT_LENGTH_MAX = 127;
const SERIAL_BYTES = 12;
const VALID_YEARS = 5;
const DAY_MS = 86_400_000;

export interface SelfSigned {
  /** PKCS#8 PEM. */
  key: string;
  /** Certificate PEM: the client's trust anchor as well. */
  certificate: string;
}

/** A new P-256 key and its certificate for `names` (DNS names and IPv4 addresses). */
export function makeSelfSigned(names: readonly string[], now: Date): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OID.ecdsaSha256));
  const subject = sequence(
    der(TAG.set, sequence(oid(OID.commonName), der(TAG.utf8, Buffer.from(names[0] ?? 'localhost')))),
  );
  const serial = randomBytes(SERIAL_BYTES);
  // A positive number without leading zeros.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const body = sequence(
    der(TAG.version, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, serial),
    algorithm,
    subject,
    sequence(utcTime(new Date(now.getTime() - DAY_MS)), utcTime(yearsLater(now))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(TAG.extensions, sequence(isAuthority(), alternativeNames(names))),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, bitString(signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem(certificate),
  };
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length <= SHORT_LENGTH_MAX) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function sequence(...contents: Buffer[]): Buffer {
  return der(TAG.sequence, ...contents);
}

function oid(hex: string): Buffer {
  return der(TAG.oid, Buffer.from(hex, 'hex'));
}

function bitString(bytes: Buffer): Buffer {
  return der(TAG.bitString, Buffer.from([0]), bytes);
}

function utcTime(at: Date): Buffer {
  const digits = at.toISOString().replace(/\D/g, '').slice(2, 14);
  return der(TAG.utcTime, Buffer.from(`${digits}Z`));
}

function yearsLater(now: Date): Date {
  const later = new Date(now);
  later.setUTCFullYear(now.getUTCFullYear() + VALID_YEARS);
  return later;
}

function isAuthority(): Buffer {
  const value = sequence(der(TAG.boolean, Buffer.from([0xff])));
  return sequence(
    oid(OID.basicConstraints),
    der(TAG.boolean, Buffer.from([0xff])),
    der(TAG.octetString, value),
  );
}

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    isIPv4(name)
      ? der(TAG.sanIp, Buffer.from(name.split('.').map(Number)))
      : der(TAG.sanDns, Buffer.from(name)),
  );
  return sequence(oid(OID.subjectAltName), der(TAG.octetString, sequence(...entries)));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
