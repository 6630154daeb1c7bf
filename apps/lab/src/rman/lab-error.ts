/** Errors that are the lab's own: what Oracle can do and the simulation does not. Never a silent success. */

export function labLines(...clauses: string[]): string[] {
  return clauses.map((clause) => `LAB-00001: not simulated by the lab: ${clause}`);
}

/** What Oracle refuses with a number nobody published. */
export function refusedLines(what: string): string[] {
  return [
    `LAB-00002: refused, as Oracle documents it (its own error number is not known to the lab): ${what}`,
  ];
}
