// The control tier as it is installed, on loopback: Redis, Postgres with fsync, one control-plane and one scheduler as compiled processes.
// The vault is a directory: the control-plane only reads its keys.
import { type ApiEndpoint } from '@adyton/contracts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Endings } from '../../../stack/src/endings';
import { appMain } from '../../../stack/src/repository';
import { mustRun } from '../../../stack/src/run-command';
import { secretIn } from '../../../stack/src/secret-file';
import { Service } from '../../../stack/src/service';
import { startPostgres, type PostgresServer } from '../../../stack/src/start-postgres';
import { startRedis, type RedisServer } from '../../../stack/src/start-redis';

export interface ControlTier {
  readonly api: ApiEndpoint;
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly controlPlane: Service;
  readonly scheduler: Service;
}

export async function startControlTier(directory: string, endings: Endings): Promise<ControlTier> {
  const redis = await startRedis({});
  endings.add(() => redis.stop());
  const postgres = await startPostgres({ logFile: join(directory, 'postgres.log') });
  endings.add(() => postgres.stop());
  const shared = { ADYTON_LEDGER_URL: postgres.url, ADYTON_REDIS_URL: redis.url, ADYTON_HTTP_PORT: '0' };
  const tokenFile = join(directory, 'api-token');
  const token = secretIn(tokenFile);
  const settings = { ...shared, ...vaultSettings(directory), ADYTON_API_TOKEN_FILE: tokenFile };
  await mustRun(process.execPath, [appMain('control-plane', 'prepare')], {
    env: { ...settings, ADYTON_VAULT_KEY_CREATE: 'yes' },
  });
  const controlPlane = processOf('control-plane', 'control-plane.listening', directory, settings);
  const scheduler = processOf('scheduler', 'scheduler.ready', directory, shared);
  const { url } = await controlPlane.start();
  endings.add(() => controlPlane.stop());
  await scheduler.start();
  endings.add(() => scheduler.stop());
  return { api: { baseUrl: String(url), token }, redis, postgres, controlPlane, scheduler };
}

function vaultSettings(directory: string): Record<string, string> {
  const store = join(directory, 'vault');
  mkdirSync(store, { recursive: true });
  return {
    ADYTON_STORE_KIND: 'filesystem',
    ADYTON_STORE_DIRECTORY: store,
    ADYTON_VAULT_KEY_FILE: join(directory, 'vault.key'),
  };
}

function processOf(
  name: 'control-plane' | 'scheduler',
  readyEvent: string,
  directory: string,
  env: Record<string, string>,
): Service {
  return new Service({
    ...{ name, readyEvent, env, command: process.execPath, args: [appMain(name)] },
    logFile: join(directory, `${name}.log`),
  });
}
