// Every request has an id from its first byte on, so that even an unreadable one can be found in the log.
import { type IncomingMessage, type ServerResponse } from 'node:http';

/** A caller may bring its own id, as long as it is harmless in a log line. */
const REQUEST_ID = /^[\w.-]{1,64}$/;

export type RequestWithId = IncomingMessage & { id?: unknown };

export function tagRequests(newRequestId: () => string) {
  return (request: RequestWithId, response: ServerResponse, next: () => void): void => {
    const brought = request.headers['x-request-id'];
    const id = typeof brought === 'string' && REQUEST_ID.test(brought) ? brought : newRequestId();
    request.id = id;
    response.setHeader('X-Request-Id', id);
    next();
  };
}

/** Undefined only for what never passed `tagRequests`. */
export function requestIdOf(request: RequestWithId): string | undefined {
  return typeof request.id === 'string' ? request.id : undefined;
}
