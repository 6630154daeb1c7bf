// What a host may do with its token, over HTTP on a real Postgres and Redis.
import { agentRoutes, callRoute, reasonOf, restRoutes } from '@adyton/contracts';
import { claimedBackup, newSite, startTestServer, type TestServer } from '../testing/test-server';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterAll(() => server.close());

describe('a host token', () => {
  it('reaches nothing of another host', async () => {
    const { run, database } = await claimedBackup(server);
    const stranger = await newSite(server);
    const { fence } = run;
    const calls = [
      callRoute(stranger.hostApi, agentRoutes.getGrant, { params: { id: run.runId } }),
      callRoute(stranger.hostApi, agentRoutes.getDatabaseKeys, { params: { id: database.id } }),
      callRoute(stranger.hostApi, agentRoutes.lookUpPieces, {
        params: { id: database.id },
        body: { handles: [] },
      }),
      callRoute(stranger.hostApi, agentRoutes.heartbeat, {
        params: { id: run.runId },
        body: { fence, phase: 'claimed' },
      }),
      callRoute(stranger.hostApi, agentRoutes.claimRequest, {
        params: { id: run.requestId },
        body: { incarnation: 'i1' },
      }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'ADY_FORBIDDEN' });
    const own = await callRoute(stranger.hostApi, agentRoutes.listOwnDatabases, {});
    expect(own.items.map((d) => d.id)).toEqual([stranger.database.id]);
  });

  it('keeps its rights to a database that moves to another host while it works on it', async () => {
    const { run, hostApi, database } = await claimedBackup(server);
    const { host: elsewhere } = await newSite(server);
    await server.sql('UPDATE adyton.databases SET host_id = $1 WHERE id = $2', [elsewhere.id, database.id]);
    const ask = () =>
      callRoute(hostApi, agentRoutes.lookUpPieces, {
        params: { id: database.id },
        body: { handles: ['k/df1'] },
      });
    expect(await ask()).toEqual({ known: [] });
    await callRoute(hostApi, agentRoutes.failRun, {
      params: { id: run.runId },
      body: { fence: run.fence, outcome: 'failed', reason: reasonOf('ADY_INTERNAL', 'a spec') },
    });
    await expect(ask()).rejects.toMatchObject({ code: 'ADY_FORBIDDEN' });
  });

  it('does not open the API, nor the API token the agent API', async () => {
    const { hostApi } = await newSite(server);
    await expect(callRoute(hostApi, restRoutes.listRuns, {})).rejects.toMatchObject({
      code: 'ADY_FORBIDDEN',
    });
    await expect(callRoute(server.api, agentRoutes.listOwnDatabases, {})).rejects.toMatchObject({
      code: 'ADY_FORBIDDEN',
    });
  });

  it('gets the keys of its database once the database is identified, the same every time', async () => {
    const { hostApi, database } = await newSite(server);
    const keys = () => callRoute(hostApi, agentRoutes.getDatabaseKeys, { params: { id: database.id } });
    await expect(keys()).rejects.toMatchObject({ code: 'ADY_DATABASE_UNREACHABLE' });
    await callRoute(hostApi, agentRoutes.reportIdentity, {
      params: { id: database.id },
      body: { dbid: '77', dbUniqueName: 'ORCL' },
    });
    const first = await keys();
    expect(Object.keys(first.keys).length).toBeGreaterThan(0);
    expect(await keys()).toEqual(first);
  });

  it('is stored as a hash only', async () => {
    const { host } = await newSite(server);
    const rows = await server.sql<{ row: string }>('SELECT row_to_json(h)::text AS row FROM adyton.hosts h');
    expect(rows.some((r) => r.row.includes(host.token))).toBe(false);
  });
});
