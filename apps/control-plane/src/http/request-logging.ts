// One log line a request, with its id; health checks and headers stay out of the log.
import { type Logger } from '@adyton/runtime';
import { type Params } from 'nestjs-pino';
import { type IncomingMessage, type ServerResponse } from 'node:http';

/** A caller may bring its own request id, as long as it is harmless in a log line. */
const REQUEST_ID = /^[\w.-]{1,64}$/;

export interface RequestLogOptions {
  readonly log: Logger;
  readonly newRequestId: () => string;
}

export function requestLogging({ log, newRequestId }: RequestLogOptions): Params {
  return {
    pinoHttp: {
      logger: log,
      genReqId: (request: IncomingMessage, response: ServerResponse) => {
        const brought = request.headers['x-request-id'];
        const id = typeof brought === 'string' && REQUEST_ID.test(brought) ? brought : newRequestId();
        response.setHeader('X-Request-Id', id);
        return id;
      },
      autoLogging: { ignore: (request: IncomingMessage) => request.url?.startsWith('/health/') === true },
      customLogLevel: (_request: IncomingMessage, response: ServerResponse) =>
        response.statusCode >= 500 ? 'error' : 'info',
      customSuccessMessage: () => 'request.completed',
      customErrorMessage: () => 'request.failed',
      serializers: {
        req: ({ id, method, url }: { id: unknown; method: string; url: string }) => ({ id, method, url }),
        res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      },
    },
  };
}
