// Every answer that is not 2xx is a problem document. What nobody expected is logged in full and told as ADY_INTERNAL with the request id.
import {
  AdytonError,
  PROBLEM_CONTENT_TYPE,
  problemOf,
  type ErrorCode,
  type Problem,
} from '@adyton/contracts';
import { type Logger } from '@adyton/runtime';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { RefusedRequest, type RefusalExtras } from './refused-request';
import { requestIdOf } from './request-id';

interface Told {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly extras?: RefusalExtras;
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const told = whatToTell(error, request);
    const requestId = requestIdOf(request);
    if (told.code === 'ADY_INTERNAL') this.log.error({ err: error, requestId }, 'request.crashed');
    const document: Problem = problemOf(told.code, told.detail, {
      ...(requestId === undefined ? {} : { requestId }),
      ...told.extras,
    });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(document.status).type(PROBLEM_CONTENT_TYPE).send(JSON.stringify(document));
  }
}

function whatToTell(error: unknown, request: Request): Told {
  if (error instanceof RefusedRequest)
    return { code: error.code, detail: error.message, extras: error.extras };
  if (error instanceof AdytonError && error.code !== 'ADY_INTERNAL')
    return { code: error.code, detail: error.message };
  const status = statusOf(error);
  if (status === 404)
    return { code: 'ADY_NOT_FOUND', detail: `nothing answers ${request.method} ${request.path}` };
  if (status === 413)
    return { code: 'ADY_REQUEST_TOO_LARGE', detail: 'the body is larger than this route takes' };
  if (status !== undefined && status >= 400 && status < 500)
    return { code: 'ADY_MALFORMED_REQUEST', detail: 'the body is not readable JSON' };
  return {
    code: 'ADY_INTERNAL',
    detail: 'an unexpected error happened; the log has it under the request id',
  };
}

/** Status of errors that Nest or the body parser made; undefined for all others. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}
