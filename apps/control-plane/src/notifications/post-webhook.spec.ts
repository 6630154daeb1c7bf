// The one request that goes out: where it may lead, how long it may take, and what of the answer counts.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { postWebhook } from './post-webhook';
import { addressGuard } from './webhook-address';

const LOOPBACK = [{ address: '127.0.0.0', prefix: 8, family: 'ipv4' }] as const;
const anywhere = addressGuard(LOOPBACK);
const servers: Server[] = [];
afterAll(() => servers.forEach((s) => s.close().closeAllConnections()));

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
const post = (url: string, extras: Partial<Parameters<typeof postWebhook>[0]> = {}) =>
  postWebhook({
    url,
    headers: { 'x-test': '1' },
    body: 'body',
    isAllowed: anywhere,
    timeoutMs: 5_000,
    ...extras,
  });

describe('an address', () => {
  const guard = addressGuard([]);

  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '0.0.0.0',
    '169.254.169.254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    'localhost',
    '',
  ])('%s is refused', (address) => {
    expect(guard(address)).toBe(false);
  });

  it.each([
    '10.1.2.3',
    '192.168.0.7',
    '172.16.0.1',
    '203.0.113.5',
    'fd12:3456::1',
    '2001:db8::1',
    '64:ff9b::cb00:7105',
  ])('%s is allowed', (address) => {
    expect(guard(address)).toBe(true);
  });

  it('that the settings allow is allowed, and only that', () => {
    expect(anywhere('127.0.0.1')).toBe(true);
    expect(anywhere('169.254.169.254')).toBe(false);
    expect(anywhere('::1')).toBe(false);
  });
});

describe('a webhook request', () => {
  it('posts the body with its headers and tells the status', async () => {
    const seen: unknown[] = [];
    const port = await serve((request, response) => {
      request.on('data', (data: Buffer) => {
        seen.push(
          request.method,
          request.headers['x-test'],
          request.headers['content-length'],
          data.toString(),
        );
        response.writeHead(202).end();
      });
    });
    expect(await post(`http://127.0.0.1:${port}/a?b=c`)).toBe(202);
    expect(seen).toEqual(['POST', '1', '4', 'body']);
  });

  it('does not follow a redirect', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await post(`http://127.0.0.1:${port}/`)).toBe(307);
    expect(requests).toBe(1);
  });

  it('does not wait for a body that never ends, nor for an answer that never comes', async () => {
    const endless = await serve((_, response) => void response.writeHead(200).write('x'));
    expect(await post(`http://127.0.0.1:${endless}/`)).toBe(200);
    const silent = await serve(() => undefined);
    await expect(post(`http://127.0.0.1:${silent}/`, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'ADY_WEBHOOK_UNREACHABLE',
      message: 'no answer within 200 ms',
    });
  });

  it('says why a receiver cannot be reached', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    await expect(post(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'ADY_WEBHOOK_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('takes no answer whose head is larger than it may be', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'x-large': 'x'.repeat(40_000) }).end();
    });
    await expect(post(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'ADY_WEBHOOK_UNREACHABLE',
    });
  });

  it('never connects to an address that is not allowed, by number or by name', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.end();
    });
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])
      await expect(post(`http://${host}:${port}/`, { isAllowed: addressGuard([]) })).rejects.toMatchObject({
        code: 'ADY_WEBHOOK_ADDRESS',
      });
    expect(requests).toBe(0);
    expect(await post(`http://localhost:${port}/`)).toBe(200);
  });
});
