// Every error a person or a client can meet, once: code, HTTP status, who retries, what to do. The error pages, the CLI's exit codes
// and the problem documents derive from this list. Code branches on codes, never on messages.
import { alertErrors } from './alert-errors';
import { clientErrors } from './client-errors';
import { dataPathErrors } from './data-path-errors';
import { type ErrorSpec } from './error-spec';
import { requestErrors } from './request-errors';
import { restoreErrors } from './restore-errors';
import { retentionErrors } from './retention-errors';
import { runErrors } from './run-errors';

export const errorCatalog = {
  ...clientErrors,
  ...requestErrors,
  ...runErrors,
  ...dataPathErrors,
  ...restoreErrors,
  ...retentionErrors,
  ...alertErrors,
  ADY_INTERNAL: {
    http: 500,
    retry: 'later',
    exit: 1,
    title: 'Adyton failed unexpectedly',
    hint: 'report this with the request id; the log of the named process has the details',
  },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof errorCatalog;
export const errorCodes = Object.keys(errorCatalog) as ErrorCode[];

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCatalog, text);
}
