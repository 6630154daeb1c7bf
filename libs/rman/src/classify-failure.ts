// From RMAN's words to a code of ours. Our own library's texts begin with a code, and win: they know the cause. Otherwise a table of RMAN
// and ORA numbers decides; what is in neither is still a failure.

export interface RmanFailure {
  /** A code of the error catalog. */
  readonly code: string;
  readonly detail: string;
}

const OUR_TEXT = /^(ADY_[A-Z0-9_]+): (.*)$/;
/** A code that is only a detail of the library, in terms of the catalog. */
const SBT_CODES: Readonly<Record<string, string>> = { ADY_SBT_CONNECTION_LOST: 'ADY_SBT_CONNECTION_LOST' };

const NUMBERS: readonly (readonly [RegExp, string])[] = [
  [/^ORA-(12541|12514|01017|01034|01031)/, 'ADY_DATABASE_UNREACHABLE'],
  [/^RMAN-(04005|00554)/, 'ADY_DATABASE_UNREACHABLE'],
  [/^ORA-19602/, 'ADY_NOARCHIVELOG'],
  [/^RMAN-(06059|06053|06025|06054)/, 'ADY_LOG_GAP'],
  [/^ORA-(19566|01578)/, 'ADY_CORRUPT_BLOCKS'],
  [/^ORA-00230/, 'ADY_CONTROL_FILE_BUSY'],
  [/^ORA-27211/, 'ADY_PRECHECK_FAILED'],
  [/^ORA-01081/, 'ADY_TARGET_RUNNING'],
];

export function classifyRmanFailure(stack: readonly string[]): RmanFailure {
  for (const line of stack) {
    const ours = OUR_TEXT.exec(line);
    const code = ours?.[1];
    if (code !== undefined) return { code: catalogCodeOf(code), detail: withoutHint(ours?.[2] ?? '') };
  }
  for (const [pattern, code] of NUMBERS) {
    const line = stack.find((l) => pattern.test(l));
    if (line !== undefined) return { code, detail: line };
  }
  return { code: 'ADY_RMAN_FAILED', detail: stack[0] ?? 'RMAN printed no reason' };
}

/** Other ADY_SBT_ codes are the library's own; the catalog knows them as one. */
function catalogCodeOf(code: string): string {
  if (!code.startsWith('ADY_SBT_') || code === 'ADY_SBT_REFUSED') return code;
  return SBT_CODES[code] ?? 'ADY_SBT_FAILED';
}

/** The reason carries a hint of its own. */
function withoutHint(text: string): string {
  return text.split(' | HINT: ')[0] ?? text;
}
