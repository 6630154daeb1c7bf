// The catalogs hang together: what one names, another knows.
import { runToken, type RunId } from '@adyton/domain';
import {
  agentRoutes,
  AdytonError,
  errorCatalog,
  errorCodes,
  errorOfProblem,
  JOB_PAYLOAD_BYTES_MAX,
  jobCatalog,
  jobNames,
  openApiDocument,
  problemOf,
  queueName,
  reasonOf,
  restRoutes,
  type Route,
} from './index';

const routes = Object.entries({ ...restRoutes, ...agentRoutes }) as [string, Route][];

it('gives every error a title, a hint, an HTTP status and a CLI exit code of the documented ones', () => {
  for (const code of errorCodes) {
    const { title, hint, http, exit } = errorCatalog[code];
    expect(title.length).toBeGreaterThan(5);
    expect(hint.length).toBeGreaterThan(10);
    expect(http).toBeGreaterThanOrEqual(400);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]).toContain(exit);
  }
});

it('binds no two routes to the same method and path', () => {
  const keys = routes.map(([, r]) => `${r.method} ${r.path}`);
  expect(new Set(keys).size).toBe(keys.length);
});

it('asks for a person’s token on the REST API and for a host token on the agent API', () => {
  for (const [, route] of routes) expect(route.auth === 'host').toBe(route.path.startsWith('/agent/'));
});

it('describes every REST route in the OpenAPI document, and no agent route', () => {
  const paths = openApiDocument('0').paths as Record<string, Record<string, unknown>>;
  for (const route of Object.values(restRoutes) as Route[])
    expect(paths[route.path]?.[route.method.toLowerCase()]).toBeDefined();
  expect(Object.keys(paths).filter((p) => p.startsWith('/agent/'))).toEqual([]);
});

it('keeps payloads small, versioned and strict', () => {
  const payload = { v: 1, requestId: 'req_01K9Z0000000000000000000AB' };
  expect(jobCatalog['backup.run'].payload.safeParse(payload).success).toBe(true);
  expect(jobCatalog['backup.run'].payload.safeParse({ ...payload, token: 'x' }).success).toBe(false);
  expect(jobCatalog['backup.run'].payload.safeParse({ ...payload, v: 2 }).success).toBe(false);
  expect(JSON.stringify(payload).length).toBeLessThan(JOB_PAYLOAD_BYTES_MAX);
});

it('names queues without a colon, which BullMQ refuses', () => {
  for (const name of jobNames) expect(queueName(jobCatalog[name].queue, 'hst_1')).not.toContain(':');
});

it('brings an error through a problem document unharmed, and calls an unknown code internal', () => {
  const error = errorOfProblem(problemOf('ADY_STORE_FULL', 'no room', { links: { run: '/api/v1/runs/x' } }));
  expect(error).toBeInstanceOf(AdytonError);
  expect(error).toMatchObject({
    code: 'ADY_STORE_FULL',
    message: 'no room',
    context: { run: '/api/v1/runs/x' },
  });
  expect(errorOfProblem({ ...problemOf('ADY_STORE_FULL', 'x'), code: 'ADY_FROM_THE_FUTURE' }).code).toBe(
    'ADY_INTERNAL',
  );
});

it('keeps at most forty ORA lines in a reason', () => {
  const oraErrors = Array.from({ length: 100 }, (_, i) => `ORA-${String(i).padStart(5, '0')}`);
  expect(reasonOf('ADY_RMAN_FAILED', 'x', { oraErrors }).oraErrors).toHaveLength(40);
});

it('takes the last eight characters of a run id as its token in tags and handles', () => {
  expect(runToken('run_01K9Z0000000000000ABCDEFGH' as RunId)).toBe('ABCDEFGH');
});
