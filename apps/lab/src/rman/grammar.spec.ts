/**
 * The written grammar against the parser, and the parser against noise. PARSER_FUZZ_SECONDS (of CPU) makes the fuzzing
 * longer and lets it tell its figures (`make soak-lab`); PARSER_FUZZ_SEED gives it another seed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEYWORDS } from './keywords';
import { parseStatement } from './parse-statement';
import { RmanError } from './rman-error';
import { splitStatement } from './split-statement';
import { Grammar, randomOf } from './testing/ebnf';
import { tokenize } from './tokens';

const grammar = new Grammar(readFileSync(join(__dirname, 'grammar.md'), 'utf8'));
const seed = Number(process.env['PARSER_FUZZ_SEED'] ?? 20261125);
const soakSeconds = process.env['PARSER_FUZZ_SECONDS'];
const fuzzMs = Number(soakSeconds ?? 4) * 1000;
/** A statement that takes more of a processor's time than this hangs. */
const STATEMENT_MS_MAX = 2000;
const SENTENCES = 4000;

type Outcome = 'parsed' | 'refused';

/** Fails the test for anything that is neither. */
function tryParse(text: string): Outcome {
  try {
    parseStatement(text);
    return 'parsed';
  } catch (error) {
    if (!(error instanceof RmanError)) throw new Error(`not an RMAN error for: ${text}`, { cause: error });
    const last = error.lines.at(-1) ?? '';
    if (!/^RMAN-01007: at line \d+ column \d+ file: /.test(last)) throw new Error(`no position for: ${text}`);
    return 'refused';
  }
}

function mutate(text: string, random: () => number): string {
  const words = text.split(' ');
  const at = Math.floor(random() * words.length);
  const other = words[Math.floor(random() * words.length)] ?? '';
  switch (Math.floor(random() * 5)) {
    case 0:
      words.splice(at, 1);
      break;
    case 1:
      words.splice(at, 0, other);
      break;
    case 2:
      words[at] = other;
      break;
    case 3:
      words[at] = [...KEYWORDS][Math.floor(random() * KEYWORDS.size)] ?? '';
      break;
    default:
      words.splice(at);
  }
  return words.join(' ');
}

describe('the grammar of rman', () => {
  it('has no rule that no statement leads to', () => {
    expect(grammar.unreachable('statement')).toEqual([]);
  });

  it('names exactly the words the parser calls its own', () => {
    expect([...KEYWORDS].sort()).toEqual([...grammar.words].sort());
  });

  it('makes only sentences that parse', () => {
    const random = randomOf(seed);
    for (let i = 0; i < SENTENCES; i++) {
      const sentence = grammar.make('statement', random);
      expect([tryParse(sentence), sentence]).toEqual(['parsed', sentence]);
    }
  });

  it('covers every changed sentence that still parses', () => {
    const random = randomOf(seed + 1);
    let parsed = 0;
    for (let i = 0; i < SENTENCES; i++) {
      const changed = mutate(grammar.make('statement', random), random);
      if (tryParse(changed) !== 'parsed') continue;
      parsed++;
      expect([grammar.recognises('statement', tokenize(changed)), changed]).toEqual([true, changed]);
    }
    expect(parsed).toBeGreaterThan(SENTENCES / 20);
  });
});

describe('the parser', () => {
  it(
    'neither crashes nor hangs on noise',
    () => {
      const random = randomOf(seed + 2);
      const beganMs = cpuMs();
      const outcomes = { parsed: 0, refused: 0 };
      let characters = 0;
      let slowestMs = 0;
      while (cpuMs() < beganMs + fuzzMs) {
        const text = noise(random);
        const startedMs = cpuMs();
        splitAll(text);
        outcomes[tryParse(text)]++;
        slowestMs = Math.max(slowestMs, cpuMs() - startedMs);
        characters += text.length;
      }
      const texts = outcomes.parsed + outcomes.refused;
      const figures = { seed, texts, ...outcomes, characters, cpuMs: cpuMs() - beganMs, slowestMs };
      if (soakSeconds !== undefined) process.stderr.write(`parser fuzz: ${JSON.stringify(figures)}\n`);
      expect(texts).toBeGreaterThan(100);
      expect(slowestMs).toBeLessThan(STATEMENT_MS_MAX);
    },
    fuzzMs * 10 + 60_000,
  );
});

/** Time of this process on a processor. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const BYTES = '\0\t\n\r "\'#$%&()*+,-./0123456789:;<=>?@ABCxyz[\\]^_`{|}~\u00e9\u2028\ud83d';

function noise(random: () => number): string {
  let text = grammar.make('statement', random);
  const rounds = Math.floor(random() * 6);
  for (let i = 0; i < rounds; i++) text = mutate(text, random);
  const characters = [...text];
  const flips = random() < 0.5 ? 0 : Math.floor(random() * 8);
  for (let i = 0; i < flips; i++) {
    characters.splice(
      Math.floor(random() * characters.length),
      random() < 0.5 ? 1 : 0,
      BYTES.charAt(Math.floor(random() * BYTES.length)),
    );
  }
  const made = characters.join('');
  return random() < 0.02 ? made.repeat(Math.floor(random() * 200)) : made;
}

/** Every statement of the text, as main.ts takes them. */
function splitAll(text: string): void {
  let rest = text;
  for (;;) {
    const split = splitStatement(rest);
    if (!split.done) return;
    if (split.rest.length >= rest.length) throw new Error(`no progress in: ${rest}`);
    rest = split.rest;
  }
}
