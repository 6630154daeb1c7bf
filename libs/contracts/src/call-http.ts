// One HTTP call, its answer as text. Not by `fetch`: the first one of a process loads a client of its own and compiles a parser in WebAssembly,
// 80 ms of processor time (Node 24.21, 2026-11) where node:http takes 10. Every command of the CLI is a new process.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text as textOf } from 'node:stream/consumers';

export interface HttpCall {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the call, whether it is being sent, waited for or read. */
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  /** Empty when the answer names none. */
  readonly contentType: string;
  readonly text: string;
}

/** @throws Error when there is no whole answer, or the signal's reason */
export function callHttp(url: URL, { method, headers, body, signal }: HttpCall): Promise<HttpReply> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  request(url, { method, headers, signal }, (response) => {
    const { statusCode: status = 0, headers: answered } = response;
    const contentType = answered['content-type'] ?? '';
    textOf(response).then((text) => resolve({ status, contentType, text }), reject);
  })
    .on('error', reject)
    .end(body);
  return promise.catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
}
