// What the agent asks of the control-plane, by name.
import {
  agentRoutes,
  callRoute,
  type ApiEndpoint,
  type ClaimedRun,
  type Database,
  type DiscoveryReport,
  type InstancesOfRun,
  type InstanceToCheck,
  type InstanceVerdict,
  type InstanceWord,
  type JoinedRun,
  type PieceToKnow,
  type Reason,
  type RecoveryPointContents,
  type RunInstance,
  type RunPlan,
  type RunScript,
  type UncatalogReport,
} from '@adyton/contracts';
import {
  type DatabaseId,
  type DiscoveryId,
  type DryRunId,
  type RequestId,
  type RunId,
  type RunPhase,
} from '@adyton/domain';
import { systemClock } from '@adyton/runtime';
import { callAgain } from './call-again';

export type ControlPlane = ReturnType<typeof connectControlPlane>;

/** A run under its fence: what every call about a run carries. */
export interface FencedRun {
  readonly runId: RunId;
  readonly fence: number;
}

/** Another instance of the cluster, in a dry run. */
export interface InstanceOfDryRun {
  readonly dryRunId: DryRunId;
  readonly sid: string;
}

export function connectControlPlane(endpoint: ApiEndpoint) {
  return {
    ...recordCalls(endpoint),
    ...instanceCalls(endpoint),
    showPresence: (incarnation: string, version: string) =>
      callRoute(endpoint, agentRoutes.presence, { body: { incarnation, version } }),
    databases: async (): Promise<Database[]> =>
      (await callRoute(endpoint, agentRoutes.listOwnDatabases, {})).items,
    reportIdentity: (id: DatabaseId, body: { dbid: string; dbUniqueName: string }) =>
      again(() => callRoute(endpoint, agentRoutes.reportIdentity, { params: { id }, body })),
    reportDiscovery: (id: DiscoveryId, body: DiscoveryReport) =>
      again(() => callRoute(endpoint, agentRoutes.reportDiscovery, { params: { id }, body })),
    reportRecoveryArea: (id: DatabaseId, percent: number) =>
      callRoute(endpoint, agentRoutes.reportRecoveryArea, { params: { id }, body: { percent } }),
    handlesInVault: async (id: DatabaseId, handles: string[]): Promise<ReadonlySet<string>> =>
      new Set(
        (
          await again(() =>
            callRoute(endpoint, agentRoutes.lookUpPieces, { params: { id }, body: { handles } }),
          )
        ).known,
      ),
    openDryRun: (id: DryRunId) => callRoute(endpoint, agentRoutes.openDryRun, { params: { id } }),
    answerDryRun: (id: DryRunId, body: { plan: RunPlan; scripts: RunScript[] } | { reason: Reason }) =>
      callRoute(endpoint, agentRoutes.answerDryRun, { params: { id }, body }),
    claim: (id: RequestId, incarnation: string): Promise<ClaimedRun> =>
      callRoute(endpoint, agentRoutes.claimRequest, { params: { id }, body: { incarnation } }),
    heartbeat: (run: FencedRun, phase: RunPhase) =>
      callRoute(endpoint, agentRoutes.heartbeat, forRun(run, { phase })),
    storePlan: (run: FencedRun, plan: RunPlan | null, scripts: RunScript[]) =>
      again(() => callRoute(endpoint, agentRoutes.storePlan, forRun(run, { plan, scripts }))),
    piecesOfRun: async ({ runId }: FencedRun): Promise<string[]> =>
      (await again(() => callRoute(endpoint, agentRoutes.listRunPieces, { params: { id: runId } }))).handles,
    deletableLogs: ({ runId }: FencedRun) =>
      again(() => callRoute(endpoint, agentRoutes.listDeletableLogs, { params: { id: runId } })),
    appendLog: (run: FencedRun, text: string) =>
      callRoute(endpoint, agentRoutes.appendLog, forRun(run, { text })),
    submitCommit: (run: FencedRun, contents: RecoveryPointContents) =>
      again(() => callRoute(endpoint, agentRoutes.submitCommit, forRun(run, { contents }))),
    failRun: (run: FencedRun, outcome: 'failed' | 'cancelled', reason: Reason) =>
      again(() => callRoute(endpoint, agentRoutes.failRun, forRun(run, { outcome, reason }))),
    finishRestore: (run: FencedRun) =>
      again(() => callRoute(endpoint, agentRoutes.finishRestore, forRun(run, {}))),
  };
}

/** RMAN's own records of our pieces. */
function recordCalls(endpoint: ApiEndpoint) {
  return {
    uncatalogBatch: async (id: DatabaseId): Promise<string[]> =>
      (await again(() => callRoute(endpoint, agentRoutes.getUncatalogBatch, { params: { id } }))).handles,
    reportUncataloged: (id: DatabaseId, body: UncatalogReport) =>
      again(() => callRoute(endpoint, agentRoutes.reportUncataloged, { params: { id }, body })),
    piecesToKnow: async (id: DatabaseId, withinDays: number): Promise<PieceToKnow[]> =>
      (
        await again(() =>
          callRoute(endpoint, agentRoutes.listPiecesToKnow, { params: { id }, query: { withinDays } }),
        )
      ).items,
  };
}

/** Runs and dry runs over several instances of a cluster. */
function instanceCalls(endpoint: ApiEndpoint) {
  return {
    askInstances: (run: FencedRun): Promise<InstancesOfRun> =>
      again(() => callRoute(endpoint, agentRoutes.askInstances, forRun(run, {}))),
    instancesOfRun: ({ runId }: FencedRun): Promise<InstancesOfRun> =>
      callRoute(endpoint, agentRoutes.listRunInstances, { params: { id: runId } }),
    instanceLost: (run: FencedRun, lost: { instance: string; instanceHost: string; phase: RunPhase }) =>
      again(() => callRoute(endpoint, agentRoutes.reportInstanceLost, forRun(run, lost))),
    leaveInstance: async (
      run: FencedRun,
      left: { reason: Reason; checks: RunPlan['checks'] },
    ): Promise<{ readonly instance: string; readonly hostName: string } | null> =>
      (await again(() => callRoute(endpoint, agentRoutes.leaveInstance, forRun(run, left)))).movedTo,
    takeOver: (run: FencedRun, incarnation: string): Promise<ClaimedRun> =>
      callRoute(endpoint, agentRoutes.takeOverRun, forRun(run, { incarnation })),
    joinRun: ({ runId, fence, sid }: FencedRun & { readonly sid: string }): Promise<JoinedRun> =>
      callRoute(endpoint, agentRoutes.joinRun, { params: { id: runId, sid }, body: { fence } }),
    dryRunInstances: (id: DryRunId): Promise<{ items: readonly RunInstance[] }> =>
      callRoute(endpoint, agentRoutes.listDryRunInstances, { params: { id } }),
    openInstanceCheck: ({ dryRunId, sid }: InstanceOfDryRun): Promise<InstanceToCheck> =>
      callRoute(endpoint, agentRoutes.openInstanceCheck, { params: { id: dryRunId, sid } }),
    answerInstanceCheck: ({ dryRunId, sid }: InstanceOfDryRun, verdict: InstanceVerdict) =>
      callRoute(endpoint, agentRoutes.answerInstanceCheck, {
        params: { id: dryRunId, sid },
        body: { verdict },
      }),
    reportInstance: (
      { runId, fence, sid }: FencedRun & { readonly sid: string },
      word: InstanceWord,
    ): Promise<{ goesOn: boolean }> =>
      callRoute(endpoint, agentRoutes.reportInstance, { params: { id: runId, sid }, body: { fence, word } }),
  };
}

function again<T>(call: () => Promise<T>): Promise<T> {
  return callAgain(call, systemClock);
}

function forRun<B extends object>({ runId, fence }: FencedRun, body: B) {
  return { params: { id: runId }, body: { fence, ...body } };
}
