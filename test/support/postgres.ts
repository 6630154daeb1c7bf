// The Postgres of the specs: one private server a spec file, stopped by it, without fsync.
import { startPostgres, type PostgresServer } from '../../stack/src/start-postgres';

export { type PostgresServer };

export function startTestPostgres(): Promise<PostgresServer> {
  return startPostgres({ durable: false });
}
