// A receiver of webhooks that trusts nobody: it checks each signature by the published rules of Standard Webhooks, with nothing of ours.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface ReceivedMessage {
  readonly id: string;
  readonly type: string;
  readonly body: {
    type: string;
    timestamp: string;
    data: { alert?: Record<string, unknown>; channel?: string };
  };
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
  /** What it was answered with. */
  readonly status: number;
}

export interface WebhookReceiver {
  readonly url: string;
  /** Whose signatures count; until it is set every message is refused with 401. */
  trust(secret: string): void;
  /** Answers the next `count` good messages with this status instead of 204; with 0 not at all. */
  failNext(count: number, status?: number): void;
  /** Everything with a good signature, in order. */
  readonly received: readonly ReceivedMessage[];
  /** Messages whose signature, id or time was not good. */
  readonly refused: number;
  /** Messages taken (204), once for each id. */
  taken(): ReceivedMessage[];
  close(): Promise<void>;
}

/** As the specification recommends. */
const TOLERANCE_SECONDS = 300;

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedMessage[] = [];
  let [secret, refused] = ['', 0];
  let failing = { count: 0, status: 500 };
  const server = createServer((request, response) => {
    void textOf(request).then((text) => answer(request, response, text));
  });
  const answer = (request: IncomingMessage, response: ServerResponse, text: string): void => {
    if (request.method !== 'POST' || !isGenuine(secret, request.headers, text)) {
      refused += 1;
      response.writeHead(401).end();
      return;
    }
    const status = failing.count > 0 ? failing.status : 204;
    failing = { ...failing, count: Math.max(0, failing.count - 1) };
    const body = JSON.parse(text) as ReceivedMessage['body'];
    const id = String(request.headers['webhook-id']);
    received.push({ id, type: body.type, body, text, headers: request.headers, status });
    if (status === 0) return; // the sender waits
    response.writeHead(status, status >= 300 && status < 400 ? { location: '/elsewhere' } : {}).end('thanks');
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    trust: (theirs) => {
      secret = theirs;
    },
    failNext: (count, status = 500) => {
      failing = { count, status };
    },
    received,
    get refused() {
      return refused;
    },
    taken: () => [...new Map(received.filter((m) => m.status === 204).map((m) => [m.id, m])).values()],
    close: async () => {
      const ended = Promise.withResolvers<void>();
      server.close(() => ended.resolve());
      server.closeAllConnections();
      await ended.promise;
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** HMAC-SHA256 over `id.timestamp.body` under the decoded secret; the time is within five minutes of ours. */
function isGenuine(secret: string, headers: IncomingMessage['headers'], text: string): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name] ?? ''),
  ) as [string, string, string];
  if (secret === '' || id === '' || Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
    return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const wanted = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest();
  return signatures.split(' ').some((signature) => {
    const [version, encoded = ''] = signature.split(',');
    const given = Buffer.from(encoded, 'base64');
    return version === 'v1' && given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}
