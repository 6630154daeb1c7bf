// A route is declared once: method, path, schemas. Controllers, clients and the OpenAPI document derive from it.
import { z } from 'zod';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  readonly method: HttpMethod;
  /** With `{name}` placeholders, e.g. `/api/v1/runs/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** `api`: a person's or client's token; `host`: the token of one enrolled host; `none`: open. */
  readonly auth: 'api' | 'host' | 'none';
  readonly status: 200 | 201 | 202 | 204;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
}

export type RouteBody<R extends Route> = R['body'] extends z.ZodType ? z.input<R['body']> : undefined;
export type RouteQuery<R extends Route> = R['query'] extends z.ZodObject ? z.input<R['query']> : undefined;
export type RouteResponse<R extends Route> = z.infer<R['response']>;

/** The placeholders of a path as a type: `/a/{id}/b/{n}` → 'id' | 'n'. */
export type PathParams<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParams<Rest>
  : never;

/** Keeps the literal types of a catalog while checking its shape. */
export function defineRoutes<const T extends Record<string, Route>>(routes: T): T {
  return routes;
}

export const nothing = z.null();

/** One page of a list. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
/** Most rows in one answer, and the default. */
export const PAGE_ROWS_MAX = 200;
const PAGE_ROWS_DEFAULT = 50;
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_ROWS_MAX).default(PAGE_ROWS_DEFAULT),
  cursor: z.string().max(200).optional(),
});
