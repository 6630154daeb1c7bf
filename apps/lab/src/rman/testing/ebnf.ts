/** Reads the rules of grammar.md, makes sentences from them and recognises sentences, for the specs of the parser. */
import { type Token } from '../tokens';

type Node =
  | { kind: 'choice'; of: Node[] }
  | { kind: 'sequence'; of: Node[] }
  | { kind: 'optional' | 'repeat'; of: Node }
  | { kind: 'rule'; name: string }
  | { kind: 'word' | 'mark' | 'number' | 'quoted'; text: string };

/** A generator of numbers in 0..1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Rules are used this deep in a made sentence before the shortest way out is taken. */
const DEPTH_MAX = 24;
const REPEATS_MAX = 3;
/** What the words without a rule stand for in made sentences. */
const SAMPLES: Record<string, string[]> = {
  integer: ['1', '7', '42', '1565056049'],
  string: ["'abc'", '"d e"', "'/u01/%U'", "''"],
  identifier: ['c1', 'Users', 'ORCL_2', 'x$y', 'a-b.c'],
  'sql-token': ["'text'", 'word', '7', '(', ')', ',', '=', '<'],
};

export class Grammar {
  private readonly rules = new Map<string, Node>();
  /** Every word of the language. */
  readonly words = new Set<string>();

  constructor(document: string) {
    const blocks = [...document.matchAll(/```ebnf\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
    for (const text of blocks.join('\n').split(/\n(?=\S)/)) {
      const [name, body] = text.split(/\s*::=\s*/);
      if (name === undefined || body === undefined) continue;
      if (this.rules.has(name.trim())) throw new Error(`two rules ${name}`);
      this.rules.set(name.trim(), this.parse(body));
    }
    for (const name of this.used()) {
      if (!this.rules.has(name) && !(name in SAMPLES)) throw new Error(`no rule ${name}`);
    }
  }

  /** Names of rules that no other rule leads to from `start`. */
  unreachable(start: string): string[] {
    const seen = new Set<string>();
    const walk = (name: string): void => {
      const node = this.rules.get(name);
      if (seen.has(name) || node === undefined) return;
      seen.add(name);
      for (const next of namesIn(node)) walk(next);
    };
    walk(start);
    return [...this.rules.keys()].filter((name) => !seen.has(name));
  }

  /** One sentence. */
  make(start: string, random: () => number): string {
    return this.write({ kind: 'rule', name: start }, random, 0).join(' ');
  }

  /** Whether the tokens are a sentence. */
  recognises(start: string, tokens: Token[]): boolean {
    const input = tokens.filter(({ kind }) => kind !== 'end').flatMap(splitSize);
    return this.ends({ kind: 'rule', name: start }, input, 0, new Map()).has(input.length);
  }

  private *used(): Generator<string> {
    for (const node of this.rules.values()) yield* namesIn(node);
  }

  private parse(body: string): Node {
    const parts = body.match(/'[^']*'|[()[\]{}|]|[\w-]+/g) ?? [];
    let at = 0;
    const choice = (): Node => {
      const of = [sequence()];
      while (parts[at] === '|') {
        at++;
        of.push(sequence());
      }
      const [only] = of;
      return of.length === 1 && only !== undefined ? only : { kind: 'choice', of };
    };
    const sequence = (): Node => {
      const of: Node[] = [];
      while (at < parts.length && !'|)]}'.includes(parts[at] ?? '')) of.push(item());
      return { kind: 'sequence', of };
    };
    const item = (): Node => {
      const part = parts[at++] ?? '';
      if (!'([{'.includes(part)) return this.terminal(part);
      const of = choice();
      at++;
      if (part === '(') return of;
      return { kind: part === '[' ? 'optional' : 'repeat', of };
    };
    const node = choice();
    if (at !== parts.length) throw new Error(`cannot read the rule ${body}`);
    return node;
  }

  private terminal(part: string): Node {
    if (part.startsWith("'")) {
      const text = part.slice(1, -1);
      if (/^\d+$/.test(text)) return { kind: 'number', text };
      return { kind: /^\w+$/.test(text) ? 'quoted' : 'mark', text };
    }
    if (!/^[A-Z]/.test(part)) return { kind: 'rule', name: part };
    this.words.add(part);
    return { kind: 'word', text: part };
  }

  private write(node: Node, random: () => number, depth: number): string[] {
    const pick = <T>(items: T[]): T => items[Math.floor(random() * items.length)] as T;
    switch (node.kind) {
      case 'rule': {
        const sample = SAMPLES[node.name];
        if (sample !== undefined) return [pick(sample)];
        return this.write(this.rules.get(node.name) as Node, random, depth + 1);
      }
      case 'choice':
        return this.write(pick(node.of), random, depth);
      case 'sequence':
        return node.of.flatMap((part) => this.write(part, random, depth));
      case 'optional':
        return depth < DEPTH_MAX && random() < 0.5 ? this.write(node.of, random, depth) : [];
      case 'repeat': {
        const times = depth < DEPTH_MAX ? Math.floor(random() * (REPEATS_MAX + 1)) : 0;
        return Array.from({ length: times }).flatMap(() => this.write(node.of, random, depth));
      }
      case 'word':
        return [random() < 0.5 ? node.text.toLowerCase() : node.text];
      case 'quoted':
        return [`'${node.text}'`];
      default:
        return [node.text];
    }
  }

  /** Where the node can end when it begins at `at`. */
  private ends(node: Node, input: Token[], at: number, known: Map<string, Set<number>>): Set<number> {
    switch (node.kind) {
      case 'rule': {
        const key = `${node.name}/${at}`;
        let found = known.get(key);
        if (found === undefined) {
          found = this.rules.has(node.name)
            ? this.ends(this.rules.get(node.name) as Node, input, at, known)
            : one(isSample(node.name, input[at]), at);
          known.set(key, found);
        }
        return found;
      }
      case 'choice':
        return new Set(node.of.flatMap((part) => [...this.ends(part, input, at, known)]));
      case 'sequence': {
        let reached = new Set([at]);
        for (const part of node.of) {
          reached = new Set([...reached].flatMap((place) => [...this.ends(part, input, place, known)]));
        }
        return reached;
      }
      case 'optional':
        return new Set([at, ...this.ends(node.of, input, at, known)]);
      case 'repeat': {
        const reached = new Set([at]);
        for (const place of reached)
          for (const end of this.ends(node.of, input, place, known)) reached.add(end);
        return reached;
      }
      default:
        return one(input[at]?.text.toUpperCase() === node.text && kindFits(node.kind, input[at]), at);
    }
  }
}

function one(matches: boolean, at: number): Set<number> {
  return new Set(matches ? [at + 1] : []);
}

function kindFits(kind: 'word' | 'mark' | 'number' | 'quoted', token: Token | undefined): boolean {
  return token?.kind === (kind === 'quoted' ? 'string' : kind);
}

function isSample(name: string, token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (name === 'integer') return token.kind === 'number';
  if (name === 'string') return token.kind === 'string';
  if (name === 'identifier') return token.kind === 'word';
  return token.text !== ';' || token.kind !== 'mark';
}

/** `64G` is a number and its unit to the grammar. */
function splitSize(token: Token): Token[] {
  const match = token.kind === 'word' ? /^(\d+)([KMGT])$/.exec(token.text) : null;
  if (match === null) return [token];
  return [
    { ...token, kind: 'number', text: match[1] ?? '' },
    { ...token, text: match[2] ?? '' },
  ];
}

function* namesIn(node: Node): Generator<string> {
  if (node.kind === 'rule') yield node.name;
  else if (node.kind === 'choice' || node.kind === 'sequence')
    for (const part of node.of) yield* namesIn(part);
  else if (node.kind === 'optional' || node.kind === 'repeat') yield* namesIn(node.of);
}
