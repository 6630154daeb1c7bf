// One way out for every process: SIGTERM or SIGINT starts it, steps run in order, a deadline ends what hangs.
import { type Logger } from './logger';

export interface ShutdownStep {
  readonly name: string;
  run(): Promise<void>;
}

/** Longest a process may take to end; below the 60 s that service managers allow control tiers. */
const SHUTDOWN_DEADLINE_MS = 20_000;

/** Resolves when the process was asked to end. A second signal ends it at once. */
export function untilAskedToEnd(): Promise<'SIGTERM' | 'SIGINT'> {
  const { promise, resolve } = Promise.withResolvers<'SIGTERM' | 'SIGINT'>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  return promise;
}

/** Runs the steps in order; a step that fails is logged and does not keep the others from running. */
export async function shutDown(steps: readonly ShutdownStep[], log: Logger): Promise<void> {
  const deadline = setTimeout(() => {
    log.error({ deadlineMs: SHUTDOWN_DEADLINE_MS }, 'shutdown.deadline-passed');
    process.exit(1);
  }, SHUTDOWN_DEADLINE_MS);
  deadline.unref();
  for (const step of steps) {
    try {
      await step.run();
    } catch (error) {
      log.error({ step: step.name, err: error }, 'shutdown.step-failed');
    }
  }
  clearTimeout(deadline);
}

/** Runs a process's main function; a start that fails prints why and ends with 1. */
export function runProcess(main: () => Promise<void>): void {
  main().then(
    () => process.exit(process.exitCode ?? 0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
}
