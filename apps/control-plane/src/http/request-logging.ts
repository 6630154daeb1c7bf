// One log line a request, with its id; health checks and headers stay out of the log.
import { type Logger } from '@adyton/runtime';
import { type Params } from 'nestjs-pino';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { requestIdOf } from './request-id';

export function requestLogging(log: Logger): Params {
  return {
    pinoHttp: {
      logger: log,
      genReqId: (request: IncomingMessage) => requestIdOf(request) ?? 'untagged',
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
