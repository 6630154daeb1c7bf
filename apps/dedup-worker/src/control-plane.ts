// What the dedup-worker asks of the control-plane, by name. The data path never waits for it: only opening a session, reporting and
// committing do.
import {
  agentRoutes,
  callRoute,
  type ApiEndpoint,
  type ByteTotals,
  type IngestReport,
  type Reason,
  type SessionGrant,
} from '@adyton/contracts';
import { type DatabaseId, type RunId } from '@adyton/domain';

interface CommittedReport {
  readonly fence: number;
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly totals: ByteTotals;
}

export type ControlPlane = ReturnType<typeof connectControlPlane>;

export function connectControlPlane(endpoint: ApiEndpoint) {
  const forRun = (id: RunId) => ({ params: { id } });
  return {
    grant: (runId: RunId): Promise<SessionGrant> => callRoute(endpoint, agentRoutes.getGrant, forRun(runId)),
    databaseKeys: (id: DatabaseId) => callRoute(endpoint, agentRoutes.getDatabaseKeys, { params: { id } }),
    reportIngest: (runId: RunId, report: IngestReport) =>
      callRoute(endpoint, agentRoutes.reportIngest, { ...forRun(runId), body: report }),
    commitOrder: (runId: RunId) => callRoute(endpoint, agentRoutes.getCommitOrder, forRun(runId)),
    reportCommitted: (runId: RunId, body: CommittedReport) =>
      callRoute(endpoint, agentRoutes.reportCommitted, { ...forRun(runId), body }),
    refuseCommit: (runId: RunId, body: { fence: number; reason: Reason }) =>
      callRoute(endpoint, agentRoutes.refuseCommit, { ...forRun(runId), body }),
  };
}
