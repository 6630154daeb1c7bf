// Many claims at once, over HTTP on a real Postgres and Redis: those that hang take nothing from the runs that are on their way.
import { agentRoutes, callRoute, restRoutes, type ApiEndpoint, type BackupRequest } from '@adyton/contracts';
import {
  claimedBackup,
  markRunning,
  newSite,
  startTestServer,
  type TestServer,
} from '../testing/test-server';

/** More than the ledger's sessions. */
const CLAIMS = 16;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterAll(() => server.close());

async function requestedBackup(): Promise<{ hostApi: ApiEndpoint; request: BackupRequest }> {
  const { host, hostApi, database } = await newSite(server);
  await markRunning(server, host);
  const request = await callRoute(server.api, restRoutes.createBackupRequest, {
    body: { database: database.name },
  });
  return { hostApi, request };
}

it('S1.9 a run keeps its lease while more claims hang than the ledger has sessions, and every claim is answered', async () => {
  const { run, hostApi } = await claimedBackup(server);
  const asked = [];
  for (let i = 0; i < CLAIMS; i += 1) asked.push(await requestedBackup());
  await server.sql('BEGIN');
  await server.sql('SELECT id FROM adyton.databases FOR UPDATE'); // a claim begins with the lock of its database
  const claims = asked.map((site) =>
    callRoute(site.hostApi, agentRoutes.claimRequest, {
      params: { id: site.request.id },
      body: { incarnation: 'i1' },
    }),
  );
  const answers = Promise.all(claims);
  try {
    for (let beat = 0; beat < 3; beat += 1)
      expect(
        await callRoute(hostApi, agentRoutes.heartbeat, {
          params: { id: run.runId },
          body: { fence: run.fence, phase: 'transfer' },
        }),
      ).toMatchObject({ answer: 'continue' });
  } finally {
    await server.sql('COMMIT');
  }
  expect(new Set((await answers).map(({ runId }) => runId)).size).toBe(CLAIMS);
});
