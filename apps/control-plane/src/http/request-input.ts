// Body and query of a request, parsed by the schemas of its route.
import { type Route } from '@adyton/contracts';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Request } from 'express';
import { type z } from 'zod';
import { RefusedRequest } from './refused-request';
import { routeOf } from './route-metadata';

export const RequestBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  const route = guardedRoute(context);
  const request = context.switchToHttp().getRequest<Request>();
  const body: unknown = request.body;
  if (body === undefined)
    throw new RefusedRequest(
      'ADY_MALFORMED_REQUEST',
      'the request has no JSON body (content-type application/json)',
    );
  return parse(route.body, body);
});

export const RequestQuery = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  const route = guardedRoute(context);
  return parse(route.query, context.switchToHttp().getRequest<Request>().query);
});

function guardedRoute(context: ExecutionContext): Route {
  const route = routeOf(context);
  if (route === undefined) throw new Error('invariant: only catalog routes have parsed input');
  return route;
}

/** Fields named in one answer; a longer list helps nobody. */
const ERRORS_MAX = 50;

function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) throw new Error('invariant: the route declares the input it reads');
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, ERRORS_MAX).map((issue) => ({
    pointer: issue.path
      .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join(''),
    detail: issue.message,
  }));
  throw new RefusedRequest('ADY_INVALID_REQUEST', `${errors.length} field(s) cannot be accepted`, { errors });
}
