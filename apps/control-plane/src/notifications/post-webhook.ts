// One POST to a receiver that may be slow, hostile or somewhere else by now: bounded in time, its answer's body is not read, redirects are not
// followed, and the address is judged at the moment of connecting, so that a name cannot change its meaning in between.
import { AdytonError } from '@adyton/contracts';
import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressGuard } from './webhook-address';

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isAllowed: AddressGuard;
  readonly timeoutMs: number;
}

/** A receiver that needs more for its answer's head is not one of ours, bytes. */
const ANSWER_HEAD_BYTES_MAX = 16_384;
/** What is told of an error, characters. */
const DETAIL_CHARS_MAX = 300;

/** @returns the status of the answer, whatever it is. @throws AdytonError ADY_WEBHOOK_ADDRESS or ADY_WEBHOOK_UNREACHABLE. */
export async function postWebhook(webhook: WebhookRequest): Promise<number> {
  const url = new URL(webhook.url);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !webhook.isAllowed(literal)) throw refusedAddress(url);
  const signal = AbortSignal.timeout(webhook.timeoutMs);
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...webhook.headers, 'content-length': Buffer.byteLength(webhook.body) },
    agent: false,
    lookup: guardedLookup(webhook.isAllowed, url),
    maxHeaderSize: ANSWER_HEAD_BYTES_MAX,
    signal,
  };
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
  try {
    request.end(webhook.body);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined); // of a body that nobody reads
    return answer.statusCode ?? 0;
  } catch (cause) {
    if (cause instanceof AdytonError) throw cause;
    const why = signal.aborted ? `no answer within ${webhook.timeoutMs} ms` : messageOf(cause);
    throw new AdytonError('ADY_WEBHOOK_UNREACHABLE', why.slice(0, DETAIL_CHARS_MAX), {}, { cause });
  } finally {
    request.on('error', () => undefined); // the end of a connection that is torn down here
    request.destroy();
  }
}

/** Gives the connection only addresses that are allowed. */
function guardedLookup(isAllowed: AddressGuard, url: URL): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = error === null ? addresses.filter(({ address }) => isAllowed(address)) : [];
      const [first] = allowed;
      if (first === undefined) callback(error ?? refusedAddress(url), []);
      else if (options.all === true) callback(null, allowed satisfies LookupAddress[]);
      else callback(null, first.address, first.family);
    });
  };
}

function refusedAddress(url: URL): AdytonError {
  return new AdytonError('ADY_WEBHOOK_ADDRESS', `${url.hostname} leads to an address that is not allowed`);
}

function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(messageOf).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}
