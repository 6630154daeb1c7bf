// One HTTP call against a real server.
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { callHttp } from './call-http';

async function withServer<T>(listener: RequestListener, use: (url: URL) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/runs?limit=2`));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const call = {
  method: 'POST',
  headers: { 'x-mark': 'a' },
  body: 'größer',
  signal: new AbortController().signal,
};

describe('an HTTP call', () => {
  it('brings method, path, headers and body there, and status, type and text back', async () => {
    const echo: RequestListener = (request, response) => {
      const { method, url, headers } = request;
      void textOf(request).then((body) => {
        response.writeHead(418, { 'content-type': 'text/plain' });
        response.end([method, url, headers['x-mark'], body].join(' '));
      });
    };
    const reply = { status: 418, contentType: 'text/plain', text: 'POST /runs?limit=2 a größer' };
    expect(await withServer(echo, (url) => callHttp(url, call))).toEqual(reply);
  });

  it('ends with the reason of its signal, whether it waits for the answer or reads it', async () => {
    const reason = new Error('the run was cancelled');
    for (const begin of [false, true]) {
      const stopping = new AbortController();
      const hanging: RequestListener = (_, response) => {
        if (begin) response.write('half of ');
        setImmediate(() => stopping.abort(reason));
      };
      const calling = withServer(hanging, (url) => callHttp(url, { ...call, signal: stopping.signal }));
      await expect(calling).rejects.toBe(reason);
    }
  });

  it('fails when the answer breaks off, and when nobody listens', async () => {
    const breaking: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half of ', () => response.destroy());
    };
    await expect(withServer(breaking, (url) => callHttp(url, call))).rejects.toThrow('aborted');
    const url = await withServer(breaking, async (gone) => gone);
    await expect(callHttp(url, call)).rejects.toThrow('ECONNREFUSED');
  });
});
