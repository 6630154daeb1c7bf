// Where the catalog's route of a controller method is kept.
import { type Route } from '@adyton/contracts';
import { type ExecutionContext } from '@nestjs/common';

export const ROUTE = 'adyton:route';

/** Undefined for the few handlers outside the catalogs: health and the API description. */
export function routeOf(context: ExecutionContext): Route | undefined {
  return Reflect.getMetadata(ROUTE, context.getHandler()) as Route | undefined;
}
