// Idempotency-Key: the work and its key are one transaction, so that a repeated call gets the first call's answer and nothing happens twice.
import { type ErrorCode } from '@adyton/contracts';
import { keepAnswer, takeIdempotencyKey, type Ledger, type LedgerSession } from '@adyton/ledger';
import { createParamDecorator, Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { LEDGER } from '../wiring/tokens';
import { RefusedRequest, type RefusalExtras } from './refused-request';
import { sha256Hex } from './token-guard';

/** What is on record afterwards: an answer, or a refusal that left a trace (a failed request). */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly body: T }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly extras: RefusalExtras;
    };

export interface IdempotentRequest {
  readonly key: string | undefined;
  readonly requestSha256: string;
  markReplayed(): void;
}

const KEY = /^[\x21-\x7e]{1,200}$/;

export const Idempotent = createParamDecorator((_: unknown, context: ExecutionContext): IdempotentRequest => {
  const http = context.switchToHttp();
  const request = http.getRequest<Request>();
  const key = request.headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || !KEY.test(key)))
    throw new RefusedRequest('ADY_INVALID_REQUEST', 'Idempotency-Key must be 1 to 200 printable characters');
  return {
    key,
    requestSha256: sha256Hex(`${request.method} ${request.path}\n${JSON.stringify(request.body ?? null)}`),
    markReplayed: () => http.getResponse<Response>().setHeader('Idempotency-Replayed', 'true'),
  };
});

@Injectable()
export class Idempotency {
  constructor(@Inject(LEDGER) private readonly ledger: Ledger) {}

  /** @throws RefusedRequest for refusals, first or replayed, and for a key that was used for something else. */
  async once<T>(
    request: IdempotentRequest,
    principal: string,
    work: (tx: LedgerSession) => Promise<Outcome<T>>,
  ): Promise<T> {
    const outcome = await this.ledger.transaction((tx) =>
      request.key === undefined
        ? work(tx)
        : this.underKey(tx, { ...request, key: request.key }, principal, work),
    );
    if (outcome.kind === 'done') return outcome.body;
    throw new RefusedRequest(outcome.code, outcome.detail, outcome.extras);
  }

  private async underKey<T>(
    tx: LedgerSession,
    request: IdempotentRequest & { key: string },
    principal: string,
    work: (tx: LedgerSession) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const call = { principal, key: request.key, requestSha256: request.requestSha256 };
    const known = await takeIdempotencyKey(tx, call);
    if (known.kind === 'mismatch')
      throw new RefusedRequest('ADY_IDEMPOTENCY_MISMATCH', `key ${request.key} belongs to another request`);
    if (known.kind === 'replayed') {
      request.markReplayed();
      return known.answer as Outcome<T>; // written by keepAnswer below for the same route and body
    }
    const outcome = await work(tx);
    await keepAnswer(tx, call, outcome);
    return outcome;
  }
}
