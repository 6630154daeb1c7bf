// Nest's own messages in our log: its list of routes is for debugging, its warnings and errors are not.
import { type Logger } from '@adyton/runtime';
import { type LoggerService } from '@nestjs/common';

export function nestLog(log: Logger): LoggerService {
  return {
    log: (message: unknown) => log.debug({ message }, 'nest.log'),
    debug: (message: unknown) => log.debug({ message }, 'nest.log'),
    verbose: (message: unknown) => log.trace({ message }, 'nest.log'),
    warn: (message: unknown) => log.warn({ message }, 'nest.warned'),
    error: (message: unknown) => log.error({ err: message }, 'nest.failed'),
    fatal: (message: unknown) => log.fatal({ err: message }, 'nest.failed'),
  };
}
