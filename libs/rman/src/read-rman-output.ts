// Reads what RMAN printed. It never throws, and it never takes an error stack it does not know for success: any line that begins with an
// Oracle message number and is not a known remark makes the outcome an error, whatever the exit code says; so does output that breaks off.

export interface ReportedPiece {
  readonly channel: string | null;
  readonly handle: string;
  readonly tag: string | null;
  readonly comment: string;
}

export type RmanOutcome =
  | { readonly kind: 'clean' }
  /** RMAN-/ORA- lines and the library's texts under them, outermost first. */
  | { readonly kind: 'errors'; readonly stack: readonly string[] };

export interface RmanReport {
  readonly outcome: RmanOutcome;
  readonly pieces: readonly ReportedPiece[];
  /** A BACKUP command started; before that no byte moves. */
  readonly backupBegan: boolean;
}

/** Of any facility: RMAN-, ORA-, PLS-, TNS-, LRM-, … */
const ERROR_LINE = /^\s*[A-Z][A-Z0-9]{1,7}-\d{5}:/;
/** Rulers and headings of a stack: they announce errors and say nothing themselves. */
const FRAME_LINE = /^\s*RMAN-(00571|00569):/;
/** Remarks that are no failures: a log that a policy keeps is not deleted, RMAN waits for the snapshot control file. */
const REMARKS = /^\s*RMAN-(08120|08137|06207|06208|07517|08512):/;
/** The last words of an RMAN that came to its end, well or not. */
const LAST_LINE = /^Recovery Manager complete\.$/;
const BACKUP_BEGAN = /^Starting backup at /m;
const FINISHED_PIECE = /^channel (\S+): finished piece \d+ at /;
const PIECE = /^piece handle=(.+?)(?: tag=(\S+))? comment=(.*)$/;
/** Text of the media manager, printed below ORA-19511. */
const INDENTED = /^\s{3}\S/;
/** Lines kept of a stack; more help nobody. */
const STACK_LINES_MAX = 200;

export function readRmanOutput(text: string): RmanReport {
  const stack: string[] = [];
  const pieces: ReportedPiece[] = [];
  const backupBegan = BACKUP_BEGAN.test(text);
  let announced = false;
  let channel: string | null = null;
  let inStack = false;
  let complete = false;
  for (const line of text.split(/\r?\n/)) {
    channel = FINISHED_PIECE.exec(line)?.[1] ?? channel;
    const piece = PIECE.exec(line);
    if (piece !== null)
      pieces.push({ channel, handle: piece[1] ?? '', tag: piece[2] ?? null, comment: piece[3] ?? '' });
    if (FRAME_LINE.test(line)) announced = true;
    if (LAST_LINE.test(line)) complete = true;
    const isError = ERROR_LINE.test(line) && !FRAME_LINE.test(line) && !REMARKS.test(line);
    if ((isError || (inStack && INDENTED.test(line))) && stack.length < STACK_LINES_MAX)
      stack.push(line.trim());
    inStack = isError || (inStack && INDENTED.test(line));
  }
  const errors = (...lines: string[]): RmanReport => ({
    outcome: { kind: 'errors', stack: lines },
    pieces,
    backupBegan,
  });
  if (stack.length > 0) return errors(...stack);
  if (announced) return errors('RMAN announced an error stack and printed none');
  if (!complete) return errors('the output breaks off before RMAN said that it is complete');
  return { outcome: { kind: 'clean' }, pieces, backupBegan };
}
