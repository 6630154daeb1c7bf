// A claim: one thing the lab does because we believe that Oracle does it. The tables of docs/lab.md and docs/lab/rman.md and the number in
// README.md are written from these lists.
import { type Evidence } from '../evidence';

/** How sure we are without a real host: see docs/lab.md. */
type Mark = 'A' | 'B' | 'C' | 'own';

export interface Verdict {
  readonly outcome: 'confirmed' | 'refuted' | 'not-seen';
  /** What was seen, in one line. */
  readonly evidence: string;
}

export interface Claim {
  /** Only in tables that group their rows. */
  readonly subject?: string;
  readonly what: string;
  /** Mark and words, as the page shows them; the weakest mark counts. */
  readonly sure: string;
  readonly from?: string;
}

export interface JudgedClaim {
  readonly id: string;
  /** C1 to C6: what of it only a real host can tell. */
  readonly point: 'C1' | 'C2' | 'C3' | 'C4' | 'C5' | 'C6';
  readonly what: string;
  readonly mark: Mark;
  readonly judge: (evidence: Evidence) => Verdict;
}

export function notSeen(why: string): Verdict {
  return { outcome: 'not-seen', evidence: why };
}

export function verdict(isSo: boolean, evidence: string): Verdict {
  return { outcome: isSo ? 'confirmed' : 'refuted', evidence };
}
