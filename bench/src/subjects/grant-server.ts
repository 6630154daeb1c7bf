// Stands in for the control-plane towards one dedup-worker: grants runs, hands out the keys of one database, takes reports, orders the commit.
// Answers are what the routes of the agent API promise; the dedup-worker parses them as it does in production.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { type AddressInfo } from 'node:net';
import {
  agentRoutes,
  type ByteTotals,
  type DatabaseRegistration,
  type IngestReport,
  type RecoveryPointContents,
  type Route,
  type RouteResponse,
} from '@adyton/contracts';
import { type DatabaseId, type RunId, type Scn } from '@adyton/domain';

const DATABASE_ID = 'dbs_00000000000000000000BENCH0' as DatabaseId;
/** One token for all runs: nothing here is secret. */
export const SBT_TOKEN = 'token-of-the-benchmark';

type RunState = RouteResponse<typeof agentRoutes.reportIngest>['state'];

interface BenchRun {
  readonly mode: 'backup' | 'restore';
  readonly handles: readonly string[];
  readonly committed: PromiseWithResolvers<ByteTotals>;
  state: RunState;
}

export interface GrantServer {
  readonly url: string;
  /** A run the dedup-worker may serve from now on. */
  begin(mode: BenchRun['mode'], handles: readonly string[]): RunId;
  /** The run's pieces are closed: from now on its commit order is there. Resolves with its totals when the manifest exists. */
  committed(runId: RunId): Promise<ByteTotals>;
  /** A run that is over: the dedup-worker learns it with its next report. */
  finish(runId: RunId): void;
  close(): Promise<void>;
}

export interface GrantedDatabase {
  readonly dbid: string;
  readonly vaultId: string;
  readonly keys: Readonly<Record<string, string>>;
}

const REGISTRATION: DatabaseRegistration = {
  name: 'BENCH',
  hostName: 'bench',
  oracleHome: '/none',
  oracleSid: 'BENCH',
  connectDescriptor: 'localhost:1521/BENCH',
  channels: 2,
};
const FENCE = 1;
/** Characters of an id behind its prefix. */
const ID_CHARS = 26;

export async function startGrantServer(database: GrantedDatabase): Promise<GrantServer> {
  const runs = new Map<RunId, BenchRun>();
  const server = createServer((request, response) => {
    answer(runs, database, request).then(
      (reply) => send(response, reply.status, reply.body),
      (error: unknown) => send(response, 500, { error: String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const runOf = (runId: RunId): BenchRun => {
    const run = runs.get(runId);
    if (run === undefined) throw new Error(`nobody began run ${runId}`);
    return run;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    begin: (mode, handles) => {
      const runId = `run_${String(runs.size + 1).padStart(ID_CHARS, '0')}` as RunId;
      runs.set(runId, { mode, handles, committed: Promise.withResolvers<ByteTotals>(), state: 'running' });
      return runId;
    },
    committed: (runId) => {
      const run = runOf(runId);
      run.state = 'committing';
      return run.committed.promise;
    },
    finish: (runId) => {
      runOf(runId).state = 'succeeded';
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

async function answer(
  runs: ReadonlyMap<RunId, BenchRun>,
  database: GrantedDatabase,
  request: IncomingMessage,
): Promise<Reply> {
  if (paramOf(agentRoutes.getDatabaseKeys, request) !== null)
    return { status: 200, body: { vaultId: database.vaultId, keys: database.keys } };
  for (const [route, handler] of handlers) {
    const runId = paramOf(route, request) as RunId | null;
    const run = runId === null ? undefined : runs.get(runId);
    if (runId === null || run === undefined) continue;
    return { status: route.status, body: handler({ runId, run, database, body: await bodyOf(request) }) };
  }
  throw new Error(`${request.method} ${request.url} is not what a dedup-worker asks`);
}

interface Asked {
  readonly runId: RunId;
  readonly run: BenchRun;
  readonly database: GrantedDatabase;
  readonly body: unknown;
}

const handlers: readonly (readonly [Route, (asked: Asked) => unknown])[] = [
  [
    agentRoutes.getGrant,
    ({ runId, run, database }): RouteResponse<typeof agentRoutes.getGrant> => ({
      runId,
      fence: FENCE,
      databaseId: DATABASE_ID,
      dbid: database.dbid,
      dbUniqueName: 'ORCL',
      mode: run.mode,
      state: run.state,
      stopping: false,
      tokenSha256: createHash('sha256').update(SBT_TOKEN).digest('hex'),
    }),
  ],
  [
    agentRoutes.reportIngest,
    ({ run, body }): RouteResponse<typeof agentRoutes.reportIngest> => ({
      state: run.state,
      fence: (body as IngestReport).fence,
      sealing: false,
      stopping: false,
    }),
  ],
  [
    agentRoutes.getCommitOrder,
    ({ run, database }): RouteResponse<typeof agentRoutes.getCommitOrder> => ({
      fence: FENCE,
      state: run.state,
      contents: contentsOf(run, database.dbid),
      registration: REGISTRATION,
      totalsOfOthers: { bytesRead: 0, bytesNew: 0, bytesStored: 0 },
    }),
  ],
  [
    agentRoutes.reportCommitted,
    ({ run, body }): RouteResponse<typeof agentRoutes.reportCommitted> => {
      run.state = 'succeeded';
      run.committed.resolve((body as { totals: ByteTotals }).totals);
      return { recoveryPointId: 'rpt_00000000000000000000000000' };
    },
  ],
  [
    agentRoutes.refuseCommit,
    ({ run, body }) => {
      run.state = 'failed';
      run.committed.reject(new Error(`the commit was refused: ${JSON.stringify(body)}`));
      return null;
    },
  ],
];

/** The least that the contents of a recovery point may be: the vault keeps them as they are. */
function contentsOf({ handles }: BenchRun, dbid: string): RecoveryPointContents {
  const now = new Date().toISOString();
  const scn = '1' as Scn;
  return {
    dbid,
    dbName: 'ORCL',
    dbUniqueName: 'ORCL',
    version: '19.0.0.0.0',
    platform: 'Linux x86 64-bit',
    resetlogsScn: scn,
    level: 'level0',
    tag: 'BENCH',
    startedAt: now,
    completedAt: now,
    consistentScn: scn,
    redoFromScn: scn,
    dataFiles: [],
    leftOut: [],
    archivedLogs: [],
    controlFileHandle: null,
    spfileHandle: null,
    closure: [...handles],
  };
}

/** The id in the request's path when it is one for the route. */
function paramOf(route: Route, request: IncomingMessage): string | null {
  if (request.method !== route.method) return null;
  const pattern = new RegExp(`^${route.path.replace('{id}', '([^/]+)')}$`);
  return pattern.exec(request.url ?? '')?.[1] ?? null;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? null : JSON.parse(text);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}
