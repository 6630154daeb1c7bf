// The part of the error catalog that is about what a client sent, or may not do.
import { type ErrorSpec } from './error-spec';

export const clientErrors = {
  ADY_MALFORMED_REQUEST: {
    http: 400,
    retry: 'never',
    exit: 2,
    title: 'The request cannot be read',
    hint: 'send one JSON object with content-type application/json; the detail says where reading stopped',
  },
  ADY_INVALID_REQUEST: {
    http: 422,
    retry: 'never',
    exit: 2,
    title: 'The request has invalid fields',
    hint: 'errors[] lists each field with its reason; the API description is at /api/v1/openapi.json',
  },
  ADY_REQUEST_TOO_LARGE: {
    http: 413,
    retry: 'never',
    exit: 2,
    title: 'The request body is too large',
    hint: 'bodies are limited to 1 MiB',
  },
  ADY_UNAUTHENTICATED: {
    http: 401,
    retry: 'operator',
    exit: 9,
    title: 'The token is missing or wrong',
    hint: 'send Authorization: Bearer <token>; the CLI reads ADYTON_TOKEN or ADYTON_TOKEN_FILE',
  },
  ADY_FORBIDDEN: {
    http: 403,
    retry: 'operator',
    exit: 9,
    title: 'The token does not allow this',
    hint: 'a host token reaches only what belongs to its own host',
  },
  ADY_NOT_FOUND: {
    http: 404,
    retry: 'never',
    exit: 5,
    title: 'There is no such thing',
    hint: 'list what exists: adyton database list, adyton run list, adyton list backup',
  },
  ADY_DATABASE_UNKNOWN: {
    http: 404,
    retry: 'never',
    exit: 5,
    title: 'No database of this name or id is registered',
    hint: 'adyton database list shows the registered ones; adyton database register adds one',
  },
  ADY_ALREADY_EXISTS: {
    http: 409,
    retry: 'never',
    exit: 8,
    title: 'It exists already',
    hint: 'choose another name, or use the existing one',
  },
  ADY_IDEMPOTENCY_MISMATCH: {
    http: 422,
    retry: 'never',
    exit: 2,
    title: 'This Idempotency-Key was used with another body',
    hint: 'send a new Idempotency-Key with a new request',
  },
  ADY_RETENTION_PLAN_REQUIRED: {
    http: 409,
    retry: 'operator',
    exit: 4,
    title: 'This policy would let recovery points go that the former one keeps',
    hint: 'look at the plan (adyton policy simulate) and repeat the change with its digest: --accept-plan DIGEST',
  },
  ADY_CONFIRMATION_MISMATCH: {
    http: 422,
    retry: 'never',
    exit: 2,
    title: 'The confirmation does not name the database',
    hint: 'repeat the database name exactly as the plan shows it',
  },
} as const satisfies Record<string, ErrorSpec>;
