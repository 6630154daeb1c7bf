// Bad input gets a clear error with code and hint, and nothing is lost by it.
import { callRoute, problem, PROBLEM_CONTENT_TYPE, restRoutes, type Problem } from '@adyton/contracts';
import {
  backUp,
  DATABASE_NAME,
  healStore,
  recoveryPoints,
  type RunningStack,
  runStack,
  spoilStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack();
});
afterAll(() => stack.stop());

async function post(path: string, body: string, token = stack.api.token): Promise<Problem> {
  const reply = await fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });
  expect(reply.headers.get('content-type')).toContain(PROBLEM_CONTENT_TYPE);
  const document = problem.parse(await reply.json());
  expect(document.status).toBe(reply.status);
  expect(document.hint.length).toBeGreaterThan(10);
  return document;
}

it('names an unknown database', async () => {
  expect(await post('/api/v1/backup-requests', '{"database":"NOSUCH"}')).toMatchObject({
    code: 'ADY_DATABASE_UNKNOWN',
    status: 404,
  });
});

it('refuses malformed JSON', async () => {
  expect(await post('/api/v1/backup-requests', '{"database":')).toMatchObject({
    code: 'ADY_MALFORMED_REQUEST',
    status: 400,
  });
});

it('refuses unknown fields and names them', async () => {
  const refused = await post('/api/v1/backup-requests', '{"database":"ORCL","knid":"full"}');
  expect(refused).toMatchObject({ code: 'ADY_INVALID_REQUEST', status: 422 });
  expect(JSON.stringify(refused.errors)).toContain('knid');
});

it.each(["/tmp/x'; host 'id", '/tmp/a b', '/tmp/a\nRUN', '/tmp/x;y', '/tmp/"q"'])(
  'refuses the directory %j in a restore plan',
  async (directory) => {
    const refused = await post(
      '/api/v1/restore-plans',
      JSON.stringify({ database: DATABASE_NAME, untilScn: null, target: { directory, oracleSid: 'COPY' } }),
    );
    expect(refused).toMatchObject({ code: 'ADY_INVALID_REQUEST', status: 422 });
  },
);

it('refuses a wrong token, and a host token where a person is asked for', async () => {
  expect(await post('/api/v1/backup-requests', '{"database":"ORCL"}', 'wrong')).toMatchObject({
    code: 'ADY_UNAUTHENTICATED',
    status: 401,
  });
  expect(
    (await post('/api/v1/backup-requests', '{"database":"ORCL"}', stack.host.token)).status,
  ).toBeGreaterThanOrEqual(401);
});

it('answers an unknown path with a problem document', async () => {
  expect(await post('/api/v1/nonsense', '{}')).toMatchObject({ code: 'ADY_NOT_FOUND', status: 404 });
});

it('fails a backup into a full object store with its reason, and succeeds once there is room', async () => {
  await spoilStore(stack, { full: true });
  const failed = await backUp(stack);
  expect(failed).toMatchObject({ state: 'failed', reason: { code: 'ADY_STORE_FULL' } });
  expect(await recoveryPoints(stack)).toEqual([]);
  await healStore(stack);
  expect(await backUp(stack)).toMatchObject(SUCCEEDED);
});

it('prints what, why and HINT on the command line, with the documented exit code', async () => {
  const result = await stack.cli(['backup', 'NOSUCH']);
  expect(result.code).toBe(5);
  expect(result.stderr).toContain('[ADY_DATABASE_UNKNOWN]');
  expect(result.stderr).toContain('HINT:');
  expect((await stack.cli(['backup'])).code).toBe(2);
  expect((await stack.cli(['list', 'backup'], { env: { ADYTON_TOKEN_FILE: '/dev/null' } })).code).toBe(9);
});

it('doctor finds nothing wrong on a healthy installation', async () => {
  const report = await callRoute(stack.api, restRoutes.doctor, {});
  expect(report.checks.filter((c) => c.verdict === 'failed')).toEqual([]);
  expect(report.checks.map((c) => c.name)).toEqual(
    expect.arrayContaining(['ledger', 'queue', 'object-store', 'vault']),
  );
});
