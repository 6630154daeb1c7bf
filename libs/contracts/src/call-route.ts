// The typed client of every route: path filled in, body sent, answer parsed. A refusal becomes an AdytonError with the code of the
// problem document; silence becomes a time-out. Retrying is the caller's business: it knows what is idempotent.
import { AdytonError } from './adyton-error';
import { callHttp, type HttpReply } from './call-http';
import { errorOfProblem, problem, PROBLEM_CONTENT_TYPE } from './problem';
import { type PathParams, type Route, type RouteBody, type RouteQuery, type RouteResponse } from './route';

export interface ApiEndpoint {
  /** Scheme, host, port: `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly token: string;
  /** Bound of one call, ms. */
  readonly timeoutMs?: number;
}

/** One call answers from the ledger; anything slower is a fault worth an error. */
const CALL_TIMEOUT_MS = 30_000;

type MaybeParams<R extends Route> = [PathParams<R['path']>] extends [never]
  ? object
  : { readonly params: Record<PathParams<R['path']>, string> };
type MaybeBody<R extends Route> = RouteBody<R> extends undefined ? object : { readonly body: RouteBody<R> };
export type CallInput<R extends Route> = MaybeParams<R> &
  MaybeBody<R> & {
    readonly query?: RouteQuery<R>;
    readonly idempotencyKey?: string;
    readonly signal?: AbortSignal;
  };

/** @throws AdytonError with the code of the refusal, or ADY_INTERNAL when the server cannot be reached or understood. */
export async function callRoute<R extends Route>(
  endpoint: ApiEndpoint,
  route: R,
  input: CallInput<R>,
): Promise<RouteResponse<R>> {
  const {
    params = {},
    body,
    query = {},
  } = input as {
    params?: Record<string, string>;
    body?: unknown;
    query?: Record<string, string | number | undefined>;
  };
  const url = new URL(fillPath(route.path, params), endpoint.baseUrl);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, String(value));
  const { status, contentType, text } = await send(endpoint, route, url, body, input);
  if (contentType.startsWith(PROBLEM_CONTENT_TYPE)) throw errorOfProblem(problem.parse(JSON.parse(text)));
  if (status < 200 || status >= 300)
    throw new AdytonError(
      'ADY_INTERNAL',
      `${route.method} ${url.pathname} answered ${status} without a problem document`,
    );
  return route.response.parse(text === '' ? null : JSON.parse(text)) as RouteResponse<R>;
}

async function send(
  endpoint: ApiEndpoint,
  route: Route,
  url: URL,
  body: unknown,
  input: { idempotencyKey?: string; signal?: AbortSignal },
): Promise<HttpReply> {
  const timeout = AbortSignal.timeout(endpoint.timeoutMs ?? CALL_TIMEOUT_MS);
  const headers: Record<string, string> = { authorization: `Bearer ${endpoint.token}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey;
  try {
    return await callHttp(url, {
      method: route.method,
      headers,
      body: body === undefined ? '' : JSON.stringify(body),
      signal: input.signal === undefined ? timeout : AbortSignal.any([timeout, input.signal]),
    });
  } catch (cause) {
    if (input.signal?.aborted === true) throw cause;
    throw new AdytonError(
      'ADY_INTERNAL',
      `the control-plane at ${endpoint.baseUrl} does not answer`,
      { unreachable: true },
      { cause },
    );
  }
}

function fillPath(path: string, params: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new RangeError(`path parameter ${name} is missing for ${path}`);
    return encodeURIComponent(value);
  });
}
