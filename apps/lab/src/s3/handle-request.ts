// The S3 operations this simulated server knows: buckets, PUT, GET, HEAD, DELETE, ListObjectsV2, DeleteObjects. Others answer 501.
import { type IncomingMessage } from 'node:http';
import { type Faults } from './faults';
import { type ObjectFiles } from './object-files';
import { readBody } from './request-body';
import { escapeXml, S3Error } from './s3-error';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface Operation {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly bucket: string;
  readonly key: string;
  /** What the signature says about the body. */
  readonly bodyHash: string;
}

const PAGE_KEYS_MAX = 1000;
const UNSUPPORTED = [
  'uploads',
  'uploadId',
  'versioning',
  'versions',
  'object-lock',
  'retention',
  'lifecycle',
  'policy',
  'acl',
  'tagging',
];

export async function handleOperation(
  files: ObjectFiles,
  faults: Faults,
  operation: Operation,
): Promise<Reply> {
  const { request, url, bucket, key } = operation;
  const unsupported = UNSUPPORTED.find((name) => url.searchParams.has(name));
  if (unsupported !== undefined)
    throw new S3Error(501, 'NotImplemented', `${unsupported} is not simulated here`);
  if (bucket === '') return listBuckets(files);
  if (key === '') return bucketOperation(files, faults, operation);
  await files.assertBucket(bucket);
  switch (request.method) {
    case 'PUT':
      return putObject(files, faults, operation);
    case 'GET':
    case 'HEAD':
      return getObject(files, operation);
    case 'DELETE':
      await files.delete(bucket, key);
      return { status: 204 };
    default:
      throw new S3Error(405, 'MethodNotAllowed', `${request.method ?? ''} is not allowed on an object`);
  }
}

async function bucketOperation(files: ObjectFiles, faults: Faults, operation: Operation): Promise<Reply> {
  const { request, url, bucket } = operation;
  if (request.method === 'PUT') {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
      throw new S3Error(400, 'InvalidBucketName', bucket);
    if (!(await files.createBucket(bucket)))
      throw new S3Error(409, 'BucketAlreadyOwnedByYou', 'The bucket exists and is yours.');
    return { status: 200 };
  }
  await files.assertBucket(bucket);
  if (request.method === 'HEAD') return { status: 200 };
  if (request.method === 'GET')
    return listObjects(files, { bucket, query: url.searchParams, ageMsMin: faults.current.staleListMs ?? 0 });
  if (request.method === 'POST' && url.searchParams.has('delete')) return deleteObjects(files, operation);
  throw new S3Error(501, 'NotImplemented', `${request.method ?? ''} on a bucket is not simulated here`);
}

async function putObject(files: ObjectFiles, faults: Faults, operation: Operation): Promise<Reply> {
  const { request, bucket, key, bodyHash } = operation;
  if (faults.takes('cutPut')) throw await cutConnection(request);
  const body = await readBody(request, bodyHash);
  if (faults.takes('full')) throw new S3Error(507, 'StorageFull', 'The disk of this server is full.');
  const condition = request.headers['if-none-match'];
  if (condition !== undefined && condition !== '*')
    throw new S3Error(501, 'NotImplemented', 'If-None-Match takes * here');
  if (condition !== undefined && faults.takes('refuseConditions'))
    throw new S3Error(
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented.',
    );
  const ifAbsent = condition === '*' && !faults.takes('ignoreConditions');
  const etag = await files.put(bucket, key, body, ifAbsent);
  return { status: 200, headers: { etag } };
}

/** The connection breaks when half of the body is here. */
async function cutConnection(request: IncomingMessage): Promise<S3Error> {
  const half = Number(request.headers['content-length'] ?? 0) / 2;
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length >= half) break;
  }
  request.socket.destroy();
  return new S3Error(400, 'IncompleteBody', 'the connection was lost');
}

async function getObject(files: ObjectFiles, { request, bucket, key }: Operation): Promise<Reply> {
  const facts = await files.facts(bucket, key);
  if (facts === null) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  const { start, end, partial } = rangeOf(request.headers.range, facts.bytes);
  const headers: Record<string, string> = {
    'content-length': String(end - start),
    'last-modified': facts.modifiedAt.toUTCString(),
    'accept-ranges': 'bytes',
    ...(partial ? { 'content-range': `bytes ${start}-${end - 1}/${facts.bytes}` } : {}),
  };
  const status = partial ? 206 : 200;
  return request.method === 'HEAD'
    ? { status, headers }
    : { status, headers, body: await files.read(bucket, key, start, end) };
}

function rangeOf(header: string | undefined, size: number): { start: number; end: number; partial: boolean } {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null) return { start: 0, end: size, partial: false };
  const [, first = '', last = ''] = match;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= size || end <= start)
    throw new S3Error(416, 'InvalidRange', 'The requested range cannot be satisfied.');
  return { start, end, partial: true };
}

async function listBuckets(files: ObjectFiles): Promise<Reply> {
  const buckets = (await files.buckets())
    .map((name) => `<Bucket><Name>${escapeXml(name)}</Name></Bucket>`)
    .join('');
  return xml(`<ListAllMyBucketsResult><Buckets>${buckets}</Buckets></ListAllMyBucketsResult>`);
}

async function listObjects(
  files: ObjectFiles,
  { bucket, query, ageMsMin }: { bucket: string; query: URLSearchParams; ageMsMin: number },
): Promise<Reply> {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const max = Math.min(Number(query.get('max-keys') ?? PAGE_KEYS_MAX), PAGE_KEYS_MAX);
  const keys: string[] = [];
  for await (const key of files.keys(bucket)) {
    if (ageMsMin > 0 && (await isYounger(files, { bucket, key, ageMsMin }))) continue;
    if (key.startsWith(prefix) && (after === '' || Buffer.from(key).compare(Buffer.from(after)) > 0))
      keys.push(key);
    if (keys.length > max) break;
  }
  const page = keys.slice(0, max);
  const next = keys.length > max ? page.at(-1) : undefined;
  const contents = await Promise.all(page.map((key) => objectXml(files, bucket, key)));
  const token = next === undefined ? '' : `<NextContinuationToken>${escapeXml(next)}</NextContinuationToken>`;
  return xml(
    `<ListBucketResult><Name>${escapeXml(bucket)}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount>` +
      `<MaxKeys>${max}</MaxKeys><IsTruncated>${next !== undefined}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`,
  );
}

/** A list that lags behind does not know the newest objects yet. */
async function isYounger(
  files: ObjectFiles,
  { bucket, key, ageMsMin }: { bucket: string; key: string; ageMsMin: number },
): Promise<boolean> {
  const facts = await files.facts(bucket, key);
  return facts !== null && Date.now() - facts.modifiedAt.getTime() < ageMsMin;
}

async function objectXml(files: ObjectFiles, bucket: string, key: string): Promise<string> {
  const facts = await files.facts(bucket, key);
  if (facts === null) return '';
  return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${facts.modifiedAt.toISOString()}</LastModified><Size>${facts.bytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

async function deleteObjects(files: ObjectFiles, { request, bucket, bodyHash }: Operation): Promise<Reply> {
  const body = (await readBody(request, bodyHash)).toString('utf8');
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key ?? '');
  for (const key of keys) await files.delete(bucket, key);
  return xml(
    `<DeleteResult>${keys.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('')}</DeleteResult>`,
  );
}

function xml(text: string): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${text}`,
  };
}
