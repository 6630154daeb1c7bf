// A refusal on its way to the client. Thrown inside a transaction it rolls the work back, which is what a refusal wants.
import { type ErrorCode } from '@adyton/contracts';
import { isRefusal, type Refusal } from '@adyton/ledger';

export interface RefusalExtras {
  readonly links?: Record<string, string>;
  readonly errors?: { pointer: string; detail: string }[];
}

export class RefusedRequest extends Error {
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly extras: RefusalExtras = {},
  ) {
    super(detail);
    this.name = 'RefusedRequest';
  }
}

export function requestUrl(id: string): string {
  return `/api/v1/backup-requests/${id}`;
}
export function runUrl(id: string): string {
  return `/api/v1/runs/${id}`;
}

function refusedBy(refusal: Refusal): RefusedRequest {
  const links = {
    ...(refusal.runId === undefined ? {} : { run: runUrl(refusal.runId) }),
    ...(refusal.requestId === undefined ? {} : { request: requestUrl(refusal.requestId) }),
  };
  return new RefusedRequest(refusal.code, refusal.detail, Object.keys(links).length === 0 ? {} : { links });
}

/** The answer of the ledger, or its refusal as a problem. @throws RefusedRequest */
export function accepted<T extends object | null>(answer: T | Refusal): Exclude<T, Refusal> {
  if (answer !== null && isRefusal(answer)) throw refusedBy(answer);
  return answer as Exclude<T, Refusal>;
}

/** @throws RefusedRequest ADY_NOT_FOUND */
export function found<T>(thing: T | undefined, what: string, id: string): T {
  if (thing === undefined) throw new RefusedRequest('ADY_NOT_FOUND', `there is no ${what} ${id}`);
  return thing;
}
