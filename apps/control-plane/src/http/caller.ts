// Who calls: a person's or client's token, or one database host.
import { type HostId } from '@adyton/domain';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Request } from 'express';

export type Caller = { readonly kind: 'api' } | { readonly kind: 'host'; readonly hostId: HostId };

const callers = new WeakMap<Request, Caller>();

export function setCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

function principalOf(caller: Caller): string {
  return caller.kind === 'api' ? 'api' : `host:${caller.hostId}`;
}

/** The calling host. Only for routes whose guard let nobody else through. */
export const CallingHost = createParamDecorator((_: unknown, context: ExecutionContext): HostId => {
  const caller = callers.get(context.switchToHttp().getRequest<Request>());
  if (caller?.kind !== 'host') throw new Error('invariant: a host route is guarded by a host token');
  return caller.hostId;
});

/** `api` or `host:<id>`, for audit rows. */
export const Principal = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const caller = callers.get(context.switchToHttp().getRequest<Request>());
  if (caller === undefined) throw new Error('invariant: a guarded route has a caller');
  return principalOf(caller);
});
