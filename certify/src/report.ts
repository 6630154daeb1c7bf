// The report: one page for people, one document for machines, and beside them scripts, logs, answers and the ends of every piece.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JUDGED_CLAIMS } from './claims/certified';
import { type JudgedClaim, type Verdict } from './claims/claim';
import { type Evidence } from './evidence';
import { type TracedCall } from './media/media-server';

export interface JudgedReport {
  readonly at: string;
  readonly program: string;
  readonly host: Readonly<Record<string, string>>;
  readonly verdicts: readonly (Pick<JudgedClaim, 'id' | 'point' | 'what' | 'mark'> & Verdict)[];
  readonly counts: Readonly<Record<Verdict['outcome'], number>>;
  /** What went wrong with the program itself, or was left behind. */
  readonly trouble: readonly string[];
}

/** What a report consists of. */
const REPORT = 'report.json';
const ENTRIES = [REPORT, 'report.md', 'sbt-trace.json', 'sbttest.log', 'queries', 'pieces', 'logs', 'vault'];

/** Makes the directory, or empties that of an earlier report. @throws Error when something else lies there: nothing of it is touched. */
export function prepareDirectory(directory: string): void {
  const there = existsSync(directory) ? readdirSync(directory) : [];
  const foreign = there.filter((name) => !ENTRIES.includes(name));
  if (foreign.length > 0)
    throw new Error(`${directory} holds other things (${foreign[0] ?? ''}): name a new directory with --out`);
  for (const name of there) rmSync(join(directory, name), { recursive: true });
  mkdirSync(join(directory, 'logs'), { recursive: true });
}

export function judge(
  evidence: Evidence,
  about: Pick<JudgedReport, 'at' | 'program' | 'host' | 'trouble'>,
): JudgedReport {
  const verdicts = JUDGED_CLAIMS.map(({ id, point, what, mark, judge: judgeClaim }) => ({
    ...{ id, point, what, mark },
    ...judgeClaim(evidence),
  }));
  const count = (outcome: Verdict['outcome']): number =>
    verdicts.filter((verdict) => verdict.outcome === outcome).length;
  const counts = {
    confirmed: count('confirmed'),
    refuted: count('refuted'),
    'not-seen': count('not-seen'),
  };
  return { ...about, verdicts, counts };
}

export function writeReport(
  directory: string,
  report: JudgedReport,
  { evidence, trace }: { evidence: Evidence; trace: readonly TracedCall[] },
): void {
  mkdirSync(join(directory, 'queries'), { recursive: true });
  mkdirSync(join(directory, 'pieces'), { recursive: true });
  writeFileSync(join(directory, REPORT), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(directory, 'report.md'), page(report));
  writeFileSync(join(directory, 'sbt-trace.json'), `${JSON.stringify(trace, null, 2)}\n`);
  for (const [name, { csv }] of Object.entries(evidence.queries))
    writeFileSync(join(directory, 'queries', `${name}.csv`), csv);
  if (evidence.sbttest !== null) writeFileSync(join(directory, 'sbttest.log'), evidence.sbttest.output);
  for (const [step, { pieces }] of Object.entries(evidence.steps))
    for (const [i, { head, tail, hashes, ...facts }] of pieces.entries()) {
      const file = join(directory, 'pieces', `${step}-${i + 1}`);
      writeFileSync(`${file}.head`, head);
      writeFileSync(`${file}.tail`, tail);
      writeFileSync(`${file}.json`, `${JSON.stringify({ ...facts, hashes }, null, 2)}\n`);
    }
}

const WORDS = { confirmed: 'confirmed', refuted: '**refuted**', 'not-seen': 'not seen' } as const;

function page({ at, program, host, verdicts, counts, trouble }: JudgedReport): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    '# Certification',
    '',
    `${at}, ${program}.`,
    '',
    ...Object.entries(host).map(([name, value]) => `* ${name}: ${value}`),
    '',
    `${counts.confirmed} confirmed, ${counts.refuted} refuted, ${counts['not-seen']} not seen.`,
    '',
    ...trouble.map((text) => `**Trouble:** ${text}\n`),
    '| point | claim | behaviour of the lab | here | seen |',
    '|---|---|---|---|---|',
    ...verdicts.map(
      (v) => `| ${v.point} | \`${v.id}\` | ${cell(v.what)} | ${WORDS[v.outcome]} | ${cell(v.evidence)} |`,
    ),
    '',
  ].join('\n');
}
