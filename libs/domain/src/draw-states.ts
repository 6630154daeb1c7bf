// Draws a transition table as a Mermaid state diagram, for ARCHITECTURE.md.
import { isTerminal, statesOf, type TransitionTable } from './state-machine';

/** @param initial the state a new row starts in. */
export function drawStates<S extends string>(table: TransitionTable<S>, initial: S): string {
  const lines = [`stateDiagram-v2`, `  [*] --> ${initial}`];
  for (const from of statesOf(table)) {
    for (const to of table[from]) lines.push(`  ${from} --> ${to}`);
    if (isTerminal(table, from)) lines.push(`  ${from} --> [*]`);
  }
  return lines.join('\n');
}
