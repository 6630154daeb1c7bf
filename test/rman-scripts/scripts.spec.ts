/**
 * Scripts as one meets them, written for this project from the documented grammar. The good ones parse whole; the bad ones say
 * in their first line where RMAN finds the mistake.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStatement } from '../../apps/lab/src/rman/parse-statement';
import { RmanError } from '../../apps/lab/src/rman/rman-error';
import { placeBehind, splitStatement } from '../../apps/lab/src/rman/split-statement';
import { START } from '../../apps/lab/src/rman/tokens';

const SCRIPTS_MIN = 60;

function scripts(kind: 'good' | 'bad'): { name: string; text: string }[] {
  const directory = join(__dirname, kind);
  return readdirSync(directory).map((name) => ({ name, text: readFileSync(join(directory, name), 'utf8') }));
}

/** Parses statement after statement, as rman reads a command file. */
function parseScript(text: string, file: string): number {
  let rest = text;
  let place = { ...START, file };
  let statements = 0;
  for (;;) {
    const split = splitStatement(rest);
    if (!split.done) break;
    parseStatement(split.text, place);
    statements++;
    place = placeBehind(place, split.text);
    rest = split.rest;
  }
  if (rest.trim() !== '') parseStatement(rest, place);
  return statements;
}

describe('RMAN scripts as DBAs write them', () => {
  it('are at least sixty', () => {
    expect(scripts('good').length).toBeGreaterThanOrEqual(SCRIPTS_MIN);
  });

  it.each(scripts('good'))('$name parses', ({ name, text }) => {
    expect(parseScript(text, name)).toBeGreaterThan(0);
  });

  it.each(scripts('bad'))('$name is refused at its place', ({ name, text }) => {
    const place = /^# expect (line \d+ column \d+)$/m.exec(text)?.[1];
    const lines = linesOf(() => parseScript(text, name));
    expect(lines[0]).toBe('RMAN-00558: error encountered while parsing input commands');
    expect(lines.at(-1)).toBe(`RMAN-01007: at ${place} file: ${name}`);
  });
});

function linesOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof RmanError) return error.lines;
    throw error;
  }
  return [];
}
