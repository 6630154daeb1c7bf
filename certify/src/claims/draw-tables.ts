// The tables of the pages, drawn from the claims.
import { JUDGED_CLAIMS } from './certified';
import { type Claim } from './claim';
import { CLUSTER_CLAIMS, FILES_CLAIMS, LISTENER_CLAIMS, RMAN_CLAIMS } from './page-claims';
import { PROVEN } from './proven';

/** Table by the name in its markers. */
export const TABLES: Readonly<Record<string, () => string>> = {
  listener: () => pageTable(LISTENER_CLAIMS),
  files: () => pageTable(FILES_CLAIMS),
  cluster: () => pageTable(CLUSTER_CLAIMS),
  rman: () =>
    table(
      ['subject', 'as the lab does it', 'sure'],
      RMAN_CLAIMS.map(({ subject, what, sure }) => [subject ?? '', what, sure]),
    ),
  certified: () =>
    table(
      ['point', 'claim', 'behaviour', 'sure', 'seen on a real host'],
      JUDGED_CLAIMS.map(({ id, point, what, mark }) => [
        point,
        `\`${id}\``,
        what,
        mark,
        (PROVEN[id] ?? []).join(', ') || 'no',
      ]),
    ),
};

function pageTable(claims: readonly Claim[]): string {
  return table(
    ['what', 'sure', 'from'],
    claims.map(({ what, sure, from }) => [what, sure, from ?? '']),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
