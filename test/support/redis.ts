// The Redis of the specs: one private server a spec file, stopped by it.
export { startRedis, type RedisServer } from '../../stack/src/start-redis';
