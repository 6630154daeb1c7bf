// I8: the secrets of a running product, and every place in which none of them may ever stand: queues, logs, scripts, arguments.
import { closeRedis, connectRedis, waitForRedis, type RedisConnection } from '@adyton/queue';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningStack } from '../running-stack';
import { vaultKeyFile } from './bucket';

const REDIS_TIMEOUT_MS = 10_000;

/** @returns a sentence for each secret and place */
export async function findLeakedSecrets(stack: RunningStack): Promise<string[]> {
  const secrets = secretsOf(stack);
  const places = [
    ...logs(stack),
    ...argumentsOfProcesses(),
    ...(await inLedger(stack)),
    ...(await inRedis(stack)),
  ];
  return places.flatMap(({ place, text }) =>
    secrets
      .filter(({ forms }) => forms.some((form) => text.includes(form)))
      .map(({ name }) => `${name} is in ${place}`),
  );
}

interface Secret {
  readonly name: string;
  /** As it could have been written down. */
  readonly forms: readonly string[];
}

function secretsOf(stack: RunningStack): Secret[] {
  const vaultKey = readFileSync(vaultKeyFile(stack));
  const { password } = JSON.parse(readFileSync(stack.lab.credentialsFile, 'utf8')) as { password: string };
  const s3Secret = readFileSync(
    stack.lab.s3Settings()['ADYTON_S3_SECRET_ACCESS_KEY_FILE'] ?? '',
    'utf8',
  ).trim();
  const secrets: Secret[] = [
    { name: 'the password of the database user', forms: [password] },
    { name: 'the token of the API', forms: [stack.api.token] },
    {
      name: 'the key of the vault',
      forms: (['hex', 'base64', 'base64url', 'latin1'] as const).map((e) => vaultKey.toString(e)),
    },
    { name: 'the secret key of the store', forms: [s3Secret] },
    { name: 'the password of the ledger', forms: [new URL(stack.ledgerUrl).password] },
    ...stack.nodes.map(({ host }) => ({ name: `the token of host ${host.name}`, forms: [host.token] })),
  ];
  const empty = secrets.find(({ forms }) => forms.some((form) => form.length < SECRET_CHARS_MIN));
  if (empty !== undefined) throw new Error(`${empty.name} is not known: nothing would be found`);
  return secrets;
}
/** Shorter ones would be found everywhere. */
const SECRET_CHARS_MIN = 8;

interface Text {
  readonly place: string;
  readonly text: string;
}

function logs({ logsDir }: RunningStack): Text[] {
  return readdirSync(logsDir).map((file) => ({
    place: `log ${file}`,
    text: readFileSync(join(logsDir, file), 'latin1'),
  }));
}

/** Of whatever runs on this machine: the secrets are this stack's alone. */
function argumentsOfProcesses(): Text[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => ({ place: `the arguments of process ${pid}`, text: argumentsOf(pid) }));
}

/** Empty for a process that is gone. */
function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Scripts, plans and reasons of runs, and what RMAN printed. */
async function inLedger(stack: RunningStack): Promise<Text[]> {
  const rows = await stack.sql<{ id: string; text: string }>(
    `SELECT r.id, concat_ws(' ', r.scripts, r.plan, r.reason, l.text) AS text
     FROM adyton.runs r LEFT JOIN adyton.run_logs l ON l.run_id = r.id`,
  );
  return rows.map(({ id, text }) => ({ place: `scripts, plan or log of run ${id}`, text }));
}

async function inRedis({ redisUrl }: RunningStack): Promise<Text[]> {
  const redis = connectRedis(redisUrl, { onError: () => undefined });
  try {
    if (!(await waitForRedis(redis, REDIS_TIMEOUT_MS))) throw new Error('Redis does not answer');
    const texts: Text[] = [];
    for (const key of await redis.keys('*'))
      texts.push({ place: `key ${key} of Redis`, text: key + JSON.stringify(await valueOf(redis, key)) });
    return texts;
  } finally {
    closeRedis(redis);
  }
}

async function valueOf(redis: RedisConnection, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    case 'none':
      return null; // it ran out meanwhile
    default:
      throw new Error(`key ${key} of Redis is a ${type}, which nobody looks into`);
  }
}
