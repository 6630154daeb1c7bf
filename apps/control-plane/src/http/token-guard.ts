// Bearer tokens: one for the API, one for each host. Compared as hashes, in constant time.
import { type Route } from '@adyton/contracts';
import { findHostByToken, type Ledger } from '@adyton/ledger';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { type Request } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Config } from '../config';
import { CONFIG, LEDGER } from '../wiring/tokens';
import { setCaller, type Caller } from './caller';
import { RefusedRequest } from './refused-request';
import { routeOf } from './route-metadata';

/** Beginning of every host token; tells a reader of a leaked token what it is. */
export const HOST_TOKEN_PREFIX = 'adh_';
const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

@Injectable()
export class TokenGuard implements CanActivate {
  private readonly apiTokenHash: Buffer;

  constructor(
    @Inject(CONFIG) config: Config,
    @Inject(LEDGER) private readonly ledger: Ledger,
  ) {
    this.apiTokenHash = hashOf(config.ADYTON_API_TOKEN);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const wanted: Route['auth'] = routeOf(context)?.auth ?? 'api';
    if (wanted === 'none') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const caller = token === undefined ? undefined : await this.identify(token);
    if (caller === undefined)
      throw new RefusedRequest('ADY_UNAUTHENTICATED', 'the request carries no valid token');
    if (caller.kind !== wanted)
      throw new RefusedRequest(
        'ADY_FORBIDDEN',
        `this needs the token of ${wanted === 'api' ? 'a client' : 'a host'}`,
      );
    setCaller(request, caller);
    return true;
  }

  private async identify(token: string): Promise<Caller | undefined> {
    if (timingSafeEqual(hashOf(token), this.apiTokenHash)) return { kind: 'api' };
    if (!token.startsWith(HOST_TOKEN_PREFIX)) return undefined;
    const hostId = await findHostByToken(this.ledger.session, sha256Hex(token));
    return hostId === undefined ? undefined : { kind: 'host', hostId };
  }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
