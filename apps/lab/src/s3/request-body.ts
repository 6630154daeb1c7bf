// Bodies as S3 clients send them: plain, or in aws-chunked framing; bounded, and checked against every digest that came with them.
import { createHash } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-error';

/** This server keeps a body in memory while it checks it. */
const BODY_BYTES_MAX = 256 * 1024 * 1024;

/** @param signedHash what the signature covers: a sha256, UNSIGNED-PAYLOAD, or a STREAMING- marker. @throws S3Error */
export async function readBody(request: IncomingMessage, signedHash: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > BODY_BYTES_MAX)
      throw new S3Error(400, 'EntityTooLarge', `bodies are limited to ${BODY_BYTES_MAX} bytes here`);
    parts.push(part);
  }
  const raw = Buffer.concat(parts, length);
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  if (Number.isFinite(declared) && declared !== raw.length)
    throw new S3Error(400, 'IncompleteBody', 'fewer bytes came than were announced');
  const body = signedHash.startsWith('STREAMING-') ? unframe(raw) : raw;
  checkDigests(request, body, signedHash);
  return body;
}

/** `hex-size[;chunk-signature=…]\r\n bytes \r\n … 0 … trailers`: the framing is taken off; chunk signatures are not checked again. */
function unframe(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', at);
    if (lineEnd < 0) throw new S3Error(400, 'IncompleteBody', 'the chunked body has no end');
    const size = Number.parseInt(raw.subarray(at, lineEnd).toString('latin1').split(';')[0] ?? '', 16);
    if (!Number.isInteger(size) || lineEnd + 2 + size > raw.length)
      throw new S3Error(400, 'IncompleteBody', 'a chunk is cut short');
    if (size === 0) return Buffer.concat(parts);
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function checkDigests(request: IncomingMessage, body: Buffer, signedHash: string): void {
  if (/^[0-9a-f]{64}$/.test(signedHash) && createHash('sha256').update(body).digest('hex') !== signedHash) {
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', 'the body is not the one that was signed');
  }
  const expected: Record<string, () => string> = {
    'content-md5': () => createHash('md5').update(body).digest('base64'),
    'x-amz-checksum-sha256': () => createHash('sha256').update(body).digest('base64'),
    'x-amz-checksum-crc32': () => crc32Base64(body),
  };
  for (const [header, digest] of Object.entries(expected)) {
    const given = request.headers[header];
    if (typeof given === 'string' && given !== digest())
      throw new S3Error(400, 'BadDigest', `the body does not fit ${header}`);
  }
}

function crc32Base64(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body), 0);
  return bytes.toString('base64');
}
