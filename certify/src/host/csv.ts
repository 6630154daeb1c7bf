// The CSV that sqlplus prints: quoted text with doubled quotes, bare numbers, nothing for NULL; blank lines around it.

/** Values by column name, in capitals. */
export type CsvRow = Readonly<Record<string, string>>;

export function parseCsv(csv: string): CsvRow[] {
  const [header, ...lines] = records(csv);
  if (header === undefined) return [];
  const names = header.map((name) => name.trim().toUpperCase());
  return lines.map((cells) => Object.fromEntries(names.map((name, i) => [name, (cells[i] ?? '').trim()])));
}

/** A quoted cell may hold commas and line ends. */
function records(csv: string): string[][] {
  const found: string[][] = [];
  let cells: string[] = [];
  for (const [whole, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    if (whole === '') break;
    cells.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    if (cells.length > 1 || cells[0] !== '') found.push(cells);
    cells = [];
  }
  return found;
}
