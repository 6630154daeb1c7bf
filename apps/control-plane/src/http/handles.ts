// Binds a controller method to its route of the catalog: method, path, status, guard. The catalog is the only place that names paths.
import { type HttpMethod, type Route } from '@adyton/contracts';
import {
  applyDecorators,
  Delete,
  Get,
  HttpCode,
  Patch,
  Post,
  Put,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { type z } from 'zod';
import { ROUTE } from './route-metadata';
import { TokenGuard } from './token-guard';

const MAPPINGS: Readonly<Record<HttpMethod, (path: string) => MethodDecorator>> = {
  GET: Get,
  POST: Post,
  PUT: Put,
  PATCH: Patch,
  DELETE: Delete,
};

export function Handles(route: Route): MethodDecorator {
  const path = route.path.replace(/\{(\w+)\}/g, ':$1');
  return applyDecorators(
    MAPPINGS[route.method](path),
    HttpCode(route.status),
    SetMetadata(ROUTE, route),
    UseGuards(TokenGuard),
  );
}

/** What a handler gets after parsing: defaults filled in. */
export type BodyOf<R extends Route> = R['body'] extends z.ZodType ? z.output<R['body']> : undefined;
export type QueryOf<R extends Route> = R['query'] extends z.ZodObject ? z.output<R['query']> : undefined;
export type AnswerOf<R extends Route> = z.output<R['response']>;
