// Failures that RMAN sees: an SBT code for the server process to act on and a text for the person who reads the RMAN log.

export const SBT_CODES = {
  /** Any failure without a code of its own. */
  failed: 7501,
  notFound: 7502,
  exists: 7503,
  endOfFile: 7504,
} as const;
export type SbtCode = (typeof SBT_CODES)[keyof typeof SBT_CODES];

/** sbterror hands out 1024 bytes with the terminating NUL. */
export const ERROR_TEXT_BYTES_MAX = 1023;

/** An expected failure of an SBT call. The text reaches the RMAN log under ORA-19511 as it is: `ADY_CODE: what | HINT: what to do`. */
export class SbtFailure extends Error {
  override readonly name = 'SbtFailure';

  constructor(
    readonly sbtCode: SbtCode,
    text: string,
    options?: ErrorOptions,
  ) {
    super(text, options);
  }
}

/** What RMAN is told about anything that was thrown. */
export function failureOf(thrown: unknown): SbtFailure {
  if (thrown instanceof SbtFailure) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new SbtFailure(SBT_CODES.failed, `ADY_INTERNAL: ${text}`, { cause: thrown });
}
