// The error every process throws for what the catalog foresees: a code, what happened, and facts.
import { errorCatalog, type ErrorCode } from './error-catalog';
import { type ErrorSpec } from './error-spec';

/** Facts that help to find the cause: ids, numbers, names. Never a secret. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

export class AdytonError extends Error {
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly context: ErrorContext = {},
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = 'AdytonError';
  }
  get spec(): ErrorSpec {
    return errorCatalog[this.code];
  }
}
