// Configuration is one declaration per process: name, default, range, secret or not, a line of documentation. It is read once;
// unknown or bad values stop the start with the list of all of them. docs/operating/configuration.md derives from the same lists.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';

export interface Setting<T extends z.ZodType = z.ZodType> {
  /** Parses the text of the environment variable. */
  readonly schema: T;
  readonly doc: string;
  /** Text used when the variable is not set; a setting without default is required. */
  readonly default?: string;
  /** Never printed; may be given as `<NAME>_FILE`, the path of a file that holds it. */
  readonly secret?: boolean;
  /** Absent is allowed and gives undefined. */
  readonly optional?: boolean;
}
export type Settings = Readonly<Record<string, Setting>>;
export type ConfigOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends { optional: true }
    ? z.output<S[K]['schema']> | undefined
    : z.output<S[K]['schema']>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`configuration cannot be used:\n${problems.map((p) => `  ${p}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Secrets are short; anything longer is the wrong file. */
const SECRET_FILE_BYTES_MAX = 65_536;
const PREFIX = 'ADYTON_';

/** @throws ConfigError naming every missing, malformed and unknown ADYTON_ variable at once. */
export function loadConfig<S extends Settings>(settings: S, environment: Environment): ConfigOf<S> {
  const problems = unknownNames(settings, environment);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const read = readText(name, setting, environment);
    if ('problem' in read) problems.push(read.problem);
    else if (read.text !== undefined) {
      const parsed = setting.schema.safeParse(read.text);
      if (parsed.success) values[name] = parsed.data;
      else problems.push(`${name}: ${parsed.error.issues.map((i) => i.message).join(', ')} (${setting.doc})`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as ConfigOf<S>;
}

function readText(
  name: string,
  setting: Setting,
  environment: Environment,
): { text: string | undefined } | { problem: string } {
  const direct = environment[name];
  const file = setting.secret === true ? environment[`${name}_FILE`] : undefined;
  if (direct !== undefined && file !== undefined)
    return { problem: `${name}: set it or ${name}_FILE, not both` };
  if (file !== undefined) return readSecretFile(name, file);
  const text = direct ?? setting.default;
  if (text === undefined && setting.optional !== true)
    return { problem: `${name}: is required (${setting.doc})` };
  return { text };
}

function readSecretFile(name: string, path: string): { text: string } | { problem: string } {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > SECRET_FILE_BYTES_MAX)
      return { problem: `${name}_FILE: ${path} is larger than ${SECRET_FILE_BYTES_MAX} bytes` };
    return { text: bytes.toString('utf8').trim() };
  } catch (error) {
    return {
      problem: `${name}_FILE: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function unknownNames(settings: Settings, environment: Environment): string[] {
  const known = new Set(
    Object.entries(settings).flatMap(([name, s]) => (s.secret === true ? [name, `${name}_FILE`] : [name])),
  );
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .map((name) => `${name}: no such setting of this process`);
}

/** Part of the address space: `10.0.0.0/8`. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Undefined when the text is no network. */
function networkOf(text: string): Network | undefined {
  const [address = '', prefixText = '', ...more] = text.trim().split('/');
  const version = isIP(address);
  const prefix = Number(prefixText);
  if (version === 0 || more.length > 0 || !/^\d{1,3}$/.test(prefixText)) return undefined;
  if (prefix > (version === 4 ? 32 : 128)) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

const networks = z.string().transform((text, context) => {
  const parsed = text.split(',').map(networkOf);
  if (parsed.every((network) => network !== undefined)) return parsed;
  context.addIssue({ code: 'custom', message: 'must be networks with commas between, such as 10.1.0.0/16' });
  return z.NEVER;
});

/** Text-to-value schemas of settings. */
export const setting = {
  text: z.string().min(1),
  path: z.string().regex(/^\//, 'must be an absolute path'),
  url: z.url(),
  port: z.coerce.number().int().min(0).max(65_535),
  integer: (min: number, max: number) => z.coerce.number().int().min(min).max(max),
  /** A duration that may be a fraction of a second. */
  seconds: (min: number, max: number) => z.coerce.number().min(min).max(max),
  networks,
  yesNo: z.enum(['yes', 'no']).transform((v) => v === 'yes'),
  choice: <const T extends readonly [string, ...string[]]>(values: T) => z.enum(values),
};
