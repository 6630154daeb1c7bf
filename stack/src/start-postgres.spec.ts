// Private servers beside each other: those that are thrown away begin as copies of one another and share nothing afterwards.
import { Client } from 'pg';
import { startPostgres, type PostgresServer } from './start-postgres';

const servers: PostgresServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

async function started(durable: boolean): Promise<PostgresServer> {
  const server = await startPostgres({ durable });
  servers.push(server);
  return server;
}

async function ask(server: PostgresServer, text: string): Promise<object[]> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}

const passwordOf = ({ url }: PostgresServer): string => new URL(url).password;
const systemOf = async (server: PostgresServer): Promise<object[]> =>
  ask(server, 'SELECT system_identifier FROM pg_control_system()');

it('starts servers that are thrown away from a copy, and what one is told no other knows', async () => {
  const first = await started(false);
  await ask(first, 'CREATE TABLE told AS SELECT 1 AS one');
  const second = await started(false);
  expect(await systemOf(second)).toEqual(await systemOf(first));
  const [there, absent] = await Promise.all(
    [first, second].map((server) => ask(server, `SELECT to_regclass('told') IS NOT NULL AS there`)),
  );
  expect([there, absent]).toEqual([[{ there: true }], [{ there: false }]]);
});

it('makes a server that is kept from nothing, with a password of its own', async () => {
  const [copy, kept] = await Promise.all([started(false), started(true)]);
  expect(passwordOf(kept)).not.toBe(passwordOf(copy));
  expect(await systemOf(kept)).not.toEqual(await systemOf(copy));
  const refused = { url: copy.url.replace(passwordOf(copy), passwordOf(kept)) } as PostgresServer;
  await expect(ask(refused, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
});
