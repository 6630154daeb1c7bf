// AWS Signature Version 4, server side: the request is signed again with the known secret and the two are compared.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { S3Error } from './s3-error';

export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
}

interface Authorization {
  readonly accessKey: string;
  /** date/region/service/aws4_request */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** Requests signed longer ago than this are refused, ms. */
const CLOCK_SKEW_MS_MAX = 15 * 60 * 1000;

/** @returns the body hash the signature covers. @throws S3Error 403 */
export function checkSignature(
  request: IncomingMessage,
  url: URL,
  credentials: Credentials,
  now: Date,
): string {
  const authorization = parseAuthorization(request, url);
  if (authorization.accessKey !== credentials.accessKey)
    throw new S3Error(403, 'InvalidAccessKeyId', 'The access key is not known here.');
  if (Math.abs(now.getTime() - parseAmzDate(authorization.date)) > CLOCK_SKEW_MS_MAX) {
    throw new S3Error(
      403,
      'RequestTimeTooSkewed',
      'The time of the request and the time of this server are too far apart.',
    );
  }
  const presigned = url.searchParams.has('X-Amz-Signature');
  const bodyHash = presigned ? 'UNSIGNED-PAYLOAD' : headerOf(request, 'x-amz-content-sha256');
  const canonical = canonicalRequest(request, url, authorization.signedHeaders, bodyHash);
  const toSign = [ALGORITHM, authorization.date, authorization.scope, hash('sha256', canonical)].join('\n');
  const expected = hmac(signingKey(credentials.secretKey, authorization.scope), toSign);
  const given = Buffer.from(authorization.signature, 'hex');
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    throw new S3Error(403, 'SignatureDoesNotMatch', 'The signature does not fit the request and the secret.');
  }
  return bodyHash;
}

function parseAuthorization(request: IncomingMessage, url: URL): Authorization {
  if (url.searchParams.has('X-Amz-Signature')) return parsePresigned(url);
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (match === null) throw new S3Error(403, 'AccessDenied', 'The request is not signed.');
  const [, accessKey = '', scope = '', signedHeaders = '', signature = ''] = match;
  return {
    accessKey,
    scope,
    signedHeaders: signedHeaders.split(';'),
    signature,
    date: headerOf(request, 'x-amz-date'),
  };
}

function parsePresigned(url: URL): Authorization {
  const get = (name: string): string => url.searchParams.get(name) ?? '';
  const [accessKey = '', ...scope] = get('X-Amz-Credential').split('/');
  return {
    accessKey,
    scope: scope.join('/'),
    signedHeaders: get('X-Amz-SignedHeaders').split(';'),
    signature: get('X-Amz-Signature'),
    date: get('X-Amz-Date'),
  };
}

function canonicalRequest(
  request: IncomingMessage,
  url: URL,
  signedHeaders: readonly string[],
  bodyHash: string,
): string {
  const path = url.pathname
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/');
  const query = [...url.searchParams.entries()]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = signedHeaders
    .map((name) => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}\n`)
    .join('');
  return [request.method, path, query, headers, signedHeaders.join(';'), bodyHash].join('\n');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** The last key that was derived: all requests of a client on one day share it. */
let lastKey = { secret: '', scope: '', key: Buffer.alloc(0) };

function signingKey(secret: string, scope: string): Buffer {
  if (lastKey.secret !== secret || lastKey.scope !== scope) {
    const key = scope.split('/').reduce(hmac, Buffer.from(`AWS4${secret}`));
    lastKey = { secret, scope, key };
  }
  return lastKey.key;
}

function hmac(key: Buffer, text: string): Buffer<ArrayBuffer> {
  return createHmac('sha256', key).update(text).digest();
}

function parseAmzDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) throw new S3Error(403, 'AccessDenied', 'The request has no usable x-amz-date.');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
