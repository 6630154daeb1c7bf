// RFC 9457 problem documents: what every refused or failed HTTP request answers with.
import { z } from 'zod';
import { AdytonError } from './adyton-error';
import { errorCatalog, isErrorCode, type ErrorCode } from './error-catalog';
import { type Reason } from './schemas';
import { type RunPhase } from '@adyton/domain';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  hint: z.string(),
  requestId: z.string().optional(),
  /** Related things, by name: the failed request, the run in the way. */
  links: z.record(z.string(), z.string()).optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;

export interface ProblemExtras {
  readonly requestId?: string;
  readonly links?: Record<string, string>;
  readonly errors?: { pointer: string; detail: string }[];
}

export function problemOf(code: ErrorCode, detail: string, extras: ProblemExtras = {}): Problem {
  const spec = errorCatalog[code];
  return {
    type: `urn:adyton:error:${code}`,
    title: spec.title,
    status: spec.http,
    detail,
    code,
    hint: spec.hint,
    ...extras,
  };
}

/** An error a problem document described; its code is ADY_INTERNAL when the sender knows codes that we do not. */
export function errorOfProblem(document: Problem): AdytonError {
  const code = isErrorCode(document.code) ? document.code : 'ADY_INTERNAL';
  return new AdytonError(code, document.detail, { ...document.links, remoteCode: document.code });
}

export interface ReasonExtras {
  readonly phase?: RunPhase | null;
  readonly instance?: string;
  readonly oraErrors?: readonly string[];
}

/** ORA- and RMAN- lines kept with a reason; more help nobody. */
const ORA_ERRORS_MAX = 40;

export function reasonOf(code: ErrorCode, detail: string, extras: ReasonExtras = {}): Reason {
  const spec = errorCatalog[code];
  return {
    code,
    title: spec.title,
    detail,
    hint: spec.hint,
    phase: extras.phase ?? null,
    instance: extras.instance ?? null,
    oraErrors: (extras.oraErrors ?? []).slice(0, ORA_ERRORS_MAX),
  };
}
