// Logs are events with fields, one JSON object a line: log.info({ runId, bytes }, 'piece.closed'). Secrets are redacted here, not by habit.
import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

const REDACTED_PATHS = [
  'token',
  'sbtToken',
  'password',
  'secret',
  'secretAccessKey',
  'authorization',
  'key',
  'keys',
  '*.token',
  '*.sbtToken',
  '*.password',
  '*.secret',
  '*.authorization',
  '*.keys',
  'req.headers.authorization',
];

/** Logs go to stderr, so that stdout carries only what a program is asked to print. */
export function createLogger(options: { process: string; level: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
