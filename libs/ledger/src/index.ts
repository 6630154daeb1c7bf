// The control tier's record in Postgres. Every function takes a session: the ledger's pool, or one transaction of it.
export {
  inTransaction,
  openLedger,
  readNow,
  type Ledger,
  type LedgerOptions,
  type LedgerSession,
} from './ledger';
export { migrateLedger, pendingMigrations } from './migrate-ledger';
export { listenForOutbox, type WakeUpOptions, type WakeUps } from './wake-up';
export { type Refusal } from './refusal';
export { isRefusal, type FencedRun } from './runs';
export { type Page, type PageQuestion } from './pages';
export { listAuditEvents, type AuditEvent } from './audit-events';
export {
  enrolHost,
  findHost,
  findHostByNameOrId,
  findHostByToken,
  listHosts,
  recordPresence,
  wasSeenWithin,
  type HostRecord,
  type NewHost,
} from './hosts';
export {
  findDatabase,
  listDatabases,
  listDatabasesOfHost,
  recordIdentity,
  registerDatabase,
  type DatabaseIdentity,
  type NewDatabase,
} from './databases';
export {
  createSchedule,
  deleteSchedule,
  findDueSchedules,
  listSchedules,
  materialiseSlots,
  readNextDueInMs,
  type DueSchedule,
  type MaterialisedSlots,
  type NewSchedule,
  type Slot,
  type SlotsToMaterialise,
} from './schedules';
export { askForLogsWhenFull, type RecoveryAreaReport } from './recovery-area';
export { readPolicy, storePolicy, type PolicyToStore } from './policies';
export { carryOutRetention, expireLetGo, readRetainablePoints, type RetentionDone } from './point-retention';
export { holdRecoveryPoint, unholdRecoveryPoint, type PointToHold } from './point-holds';
export { beginReview, endReview, type Leaving, type PieceReview } from './piece-review';
export {
  findClear,
  findDatabasesToRelease,
  listUncataloged,
  recordReleased,
  recordVaultExpired,
  type DatabaseToRelease,
} from './piece-release';
export { readUncatalogBatch, recordUncataloged, type UncatalogedPieces } from './uncatalog';
export { readKeystoreBackups, recordKeystoreBackup, type KeystoreBackupToRecord } from './keystore-backups';
export { forgetDatabase, type DatabaseToForget } from './forget-database';
export { readRetentionStatus } from './retention-status';
export {
  answerDryRun,
  askDryRun,
  findDryRun,
  findDryRunOfHost,
  type DryRunAnswer,
  type DryRunRow,
} from './dry-runs';
export {
  answerDryRunInstance,
  findDryRunInstance,
  listDryRunInstances,
  type AskedInstance,
} from './dry-run-instances';
export {
  askInstances,
  joinRun,
  listOtherInstances,
  listRunInstances,
  recordInstanceWord,
  type FencedInstance,
  type OtherInstance,
} from './run-instances';
export { leaveInstance, sweepUntakenMoves, type LeftInstance, type MoveLimits } from './run-moves';
export { takeOverRun, type TakeOver } from './take-over-run';
export { hostToAsk, type AskedHost } from './stand-ins';
export { createRequest, type NewRequest, type RequestCreation } from './create-request';
export { cancelRequest } from './cancel-request';
export { findRequest, listRequests, markWaiting } from './requests';
export { claimRequest, type Claim, type ClaimedRequest } from './claim-request';
export { listEarlierAttempts } from './earlier-attempts';
export { findActiveRun, findRun, hasActiveRunOn, listRuns, readLease } from './runs';
export {
  failRun,
  finishRestore,
  recordHeartbeat,
  requestCancel,
  storePlan,
  type Heartbeat,
  type HeartbeatAnswer,
  type PlanToStore,
  type RunFailure,
} from './run-lifecycle';
export { appendLog, pruneRunLogs, readLog } from './run-logs';
export { listDeletableLogs } from './deletable-logs';
export { readGrant } from './grants';
export { listPiecesOfRun, requestClose } from './external-runs';
export {
  bytesOfPieces,
  knownHandles,
  piecesToKnow,
  recordIngest,
  type ClosedPiece,
  type IngestToRecord,
} from './pieces';
export {
  commitRecoveryPoint,
  readCommitOrder,
  refuseCommit,
  submitCommit,
  type CommitOrder,
  type CommittedManifest,
  type CommitToSubmit,
} from './commit-run';
export {
  findRecoveryPoint,
  listManifestKeys,
  listRecoveryPoints,
  readLastCompletions,
  readLastLogs,
  readLastDataPoint,
  readRecoveryPointFacts,
} from './recovery-points';
export { findRestorePlan, storeRestorePlan, type NewRestorePlan } from './restore-plans';
export { sweepExpiredRequests, sweepLostRuns, sweepUnclaimedRequests, type SweptRequest } from './sweeps';
export {
  findReconcileCandidates,
  redispatch,
  type ReconcileCandidate,
  type ReconcileLimits,
} from './reconcile';
export {
  readVerifyState,
  recordVerifiedPoints,
  storeVerifyState,
  type VerifiedPoints,
} from './vault-verified';
export { adoptRecoveryPoint, type Adoption, type RecoveryPointToAdopt } from './adopt-recovery-point';
export {
  claimVaultOperation,
  createDueVaultOperation,
  createNeededRelease,
  createVaultOperation,
  endVaultOperation,
  findVaultOperation,
  listVaultOperations,
  recordVaultProgress,
  sweepVaultOperations,
  type NewVaultOperation,
  type VaultOperationEnd,
} from './vault-operations';
export { acknowledgeAlert, findAlert, listAlerts, resolveAlertByHand, type AlertsQuestion } from './alerts';
export {
  changeChannel,
  createChannel,
  deleteChannel,
  findChannel,
  listChannels,
  type ChannelChange,
  type NewChannel,
} from './channels';
export {
  beginAttempt,
  endAttempt,
  findDueDeliveries,
  queueTest,
  ringDelivery,
  type AttemptOutcome,
  type BegunAttempt,
  type DueDelivery,
} from './deliveries';
export { deliveriesOfAlert, findDelivery, listDeliveries, pruneAlerts } from './read-deliveries';
export { noteRecoveryArea, recordInstanceLost, type LostInstance } from './host-alerts';
export { sweepAlerts } from './sweep-alerts';
export { DAY_SECONDS, KEEP_TIMES, keptSeconds, type KeepTime } from './keep-times';
export { pruneAuditEvents, pruneDiscoveryEvents, pruneVaultOperations } from './prune-events';
export { pruneReleased } from './prune-released';
export { pruneRequests, pruneUnusedPlans } from './prune-requests';
export { pruneOutbox, relayOutboxBatch, type OutboxEntry, type RelayedBatch } from './outbox';
export {
  keepAnswer,
  pruneIdempotencyKeys,
  takeIdempotencyKey,
  type IdempotencyAnswer,
  type IdempotentCall,
} from './idempotency-keys';
export {
  findDiscovery,
  findHostsDueForDiscovery,
  listDiscoveries,
  pruneDiscoveries,
  requestDiscovery,
  sweepDiscoveries,
  type NewDiscovery,
} from './discoveries';
export { reportDiscovery, type DiscoveryToReport } from './report-discovery';
export { listDiscoveryEvents, listFoundDatabases } from './found-databases';
