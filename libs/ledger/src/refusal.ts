// An expected "no" of the ledger is a value, so that what was recorded about it is committed.
import { type ErrorCode } from '@adyton/contracts';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly detail: string;
  /** Ids of what stands in the way. */
  readonly requestId?: string;
  readonly runId?: string;
}

export function refuse(
  code: ErrorCode,
  detail: string,
  inTheWay: { requestId?: string; runId?: string } = {},
): Refusal {
  return { kind: 'refused', code, detail, ...inTheWay };
}
