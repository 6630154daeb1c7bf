// What every process needs and nothing else: configuration, clock, logger, shutdown.
export { pause, systemClock, type Clock } from './clock';
export {
  ConfigError,
  loadConfig,
  setting,
  type ConfigOf,
  type Environment,
  type Network,
  type Setting,
  type Settings,
} from './config';
export {
  defineSettings,
  durationSettings,
  hostSettings,
  httpSettings,
  ledgerSettings,
  logSettings,
  redisSettings,
  retentionSettings,
  storeSettings,
} from './settings';
export { createLogger, type Logger } from './logger';
export { runProcess, shutDown, untilAskedToEnd, type ShutdownStep } from './shutdown';
