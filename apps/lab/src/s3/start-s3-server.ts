// The lab's S3 server: one HTTP server for clients, one for whoever makes it misbehave. Loopback only.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Faults, parseFaultPlan } from './faults';
import { handleOperation, type Reply } from './handle-request';
import { ObjectFiles } from './object-files';
import { errorXml, S3Error } from './s3-error';
import { checkSignature, type Credentials } from './signature';

export interface S3ServerOptions {
  readonly directory: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly controlPort: number | null;
  readonly credentials: Credentials;
  /** The simulated disk is full after this many bytes. */
  readonly bytesMax: number;
  /** Made when it is missing. */
  readonly bucket?: string;
}

export interface S3Server {
  readonly port: number;
  readonly controlPort: number | null;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const REQUEST_TIMEOUT_MS = 300_000;

export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const files = await ObjectFiles.open(options.directory, options.bytesMax);
  if (options.bucket !== undefined) await files.createBucket(options.bucket);
  const faults = new Faults();
  const serve = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    answer(request, response, { files, faults, credentials: options.credentials });
  const server = createServer((request, response) => void serve(request, response));
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const control = createServer((request, response) => void controlFaults(request, response, faults));
  return {
    port: await listen(server, options.port),
    controlPort: options.controlPort === null ? null : await listen(control, options.controlPort),
    close: async () => {
      for (const one of [server, control]) {
        one.closeAllConnections();
        one.close();
      }
    },
  };
}

interface Parts {
  readonly files: ObjectFiles;
  readonly faults: Faults;
  readonly credentials: Credentials;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { files, faults, credentials }: Parts,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? HOST}`);
  const now = new Date(Date.now() + (faults.current.clockSkewSeconds ?? 0) * MS_PER_SECOND);
  response.setHeader('date', now.toUTCString());
  try {
    if (faults.takes('hang')) return;
    if (faults.current.latencyMs !== undefined) await sleep(faults.current.latencyMs);
    if (faults.takes('wrongCredentials'))
      throw new S3Error(403, 'InvalidAccessKeyId', 'The access key is not known here.');
    const bodyHash = checkSignature(request, url, credentials, now);
    if (faults.strikes()) throw unlucky(faults);
    const [, bucket = '', ...key] = url.pathname.split('/');
    const operation = { request, url, bucket, key: decodeURIComponent(key.join('/')), bodyHash };
    const reply = damagedBy(faults, request, await handleOperation(files, faults, operation));
    if (CHANGES.has(request.method ?? '') && faults.takes('lostReply')) {
      request.socket.destroy();
      return;
    }
    await send(response, reply, faults.current.trickleBytesPerSecond);
  } catch (error) {
    const s3Error =
      error instanceof S3Error
        ? error
        : new S3Error(500, 'InternalError', error instanceof Error ? error.message : String(error));
    request.resume();
    if (response.destroyed) return;
    await send(response, {
      status: s3Error.status,
      headers: { 'content-type': 'application/xml' },
      body: request.method === 'HEAD' ? '' : errorXml(s3Error, url.pathname),
    });
  }
}

const CHANGES = new Set(['PUT', 'DELETE', 'POST']);

function unlucky(faults: Faults): S3Error {
  return faults.current.errorStatus === 500
    ? new S3Error(500, 'InternalError', 'We encountered an internal error. Please try again.')
    : new S3Error(503, 'SlowDown', 'Please reduce your request rate.');
}

/** GET bodies as a bad disk or a bad network would give them. */
function damagedBy(faults: Faults, request: IncomingMessage, reply: Reply): Reply {
  if (request.method !== 'GET' || !Buffer.isBuffer(reply.body) || reply.body.length === 0) return reply;
  if (faults.takes('cutBody'))
    return { ...reply, body: reply.body.subarray(0, Math.floor(reply.body.length / 2)) };
  if (!faults.takes('flipBitOnGet')) return reply;
  const body = Buffer.from(reply.body);
  const middle = Math.floor(body.length / 2);
  body[middle] = (body[middle] ?? 0) ^ 1;
  return { ...reply, body };
}

/** Slices of a slow body per second. */
const TRICKLES_PER_SECOND = 10;
const MS_PER_SECOND = 1000;

async function send(response: ServerResponse, reply: Reply, bytesPerSecond = 0): Promise<void> {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const announced = Number(reply.headers?.['content-length'] ?? body?.length ?? 0);
  response.writeHead(reply.status, { 'content-length': String(announced), ...reply.headers });
  if (bytesPerSecond > 0 && body !== undefined) await trickle(response, body, bytesPerSecond);
  response.end(bytesPerSecond > 0 ? undefined : body);
  if (body !== undefined && body.length < announced && reply.headers?.['content-length'] !== undefined)
    response.destroy();
}

/** Ends early when the client has gone. */
async function trickle(response: ServerResponse, body: Buffer, bytesPerSecond: number): Promise<void> {
  const slice = Math.max(1, Math.floor(bytesPerSecond / TRICKLES_PER_SECOND));
  for (let at = 0; at < body.length && !response.destroyed; at += slice) {
    response.write(body.subarray(at, at + slice));
    await sleep(MS_PER_SECOND / TRICKLES_PER_SECOND);
  }
}

async function controlFaults(
  request: IncomingMessage,
  response: ServerResponse,
  faults: Faults,
): Promise<void> {
  try {
    if (request.url !== '/faults') throw new RangeError('POST /faults with a plan, or DELETE /faults');
    const body = await text(request);
    faults.set(request.method === 'DELETE' ? {} : parseFaultPlan(body));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(faults.current));
  } catch (error) {
    response.writeHead(400).end(error instanceof Error ? error.message : String(error));
  }
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, HOST, resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}
