// What every command gets: the terminal, the endpoint, the clock. Nothing in a command reaches for the process itself.
import { type Command } from 'commander';
import { type ApiEndpoint } from '@adyton/contracts';
import { type EndpointOverrides } from './endpoint';

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface CliEnvironment {
  endpoint(overrides: EndpointOverrides): ApiEndpoint;
  readonly out: Terminal;
  readonly err: Terminal;
  nowMs(): number;
  /** A fresh Idempotency-Key. */
  newKey(): string;
}

export type OutputFormat = 'table' | 'json';

export interface CommandContext extends CliEnvironment {
  readonly api: ApiEndpoint;
  readonly format: OutputFormat;
}

/** Prints a value for machines, or what `table` makes of it for people. */
export function print<T>(context: CommandContext, value: T, table: (value: T) => string): void {
  context.out.write(`${context.format === 'json' ? JSON.stringify(value) : table(value)}\n`);
}

/** The context of a command, from its own options and the program's. */
export type MakeContext = (command: Command) => CommandContext;
