// The words and the pure decisions of the workflow. Nothing here performs I/O or reads a clock.
export {
  ID_PREFIX,
  makeId,
  runToken,
  type AlertId,
  type Branded,
  type ChannelId,
  type DatabaseId,
  type DeliveryId,
  type DiscoveryId,
  type DryRunId,
  type FoundDatabaseId,
  type HostId,
  type IdKind,
  type IdOf,
  type RecoveryPointId,
  type RequestId,
  type RestorePlanId,
  type RunId,
  type ScheduleId,
  type VaultOperationId,
} from './ids';
export { compareScn, maxScn, NO_SCN, parseScn, scnBehind, type Scn } from './scn';
export {
  isTerminal,
  statesLeadingTo,
  statesOf,
  transition,
  type Transition,
  type TransitionTable,
} from './state-machine';
export {
  laneOf,
  originOf,
  runOrigins,
  requestTransitions,
  type AskedKind,
  type Lane,
  type RequestState,
  type RequestTrigger,
} from './request-states';
export {
  decideNextAttempt,
  RUN_ATTEMPTS_MAX,
  type LostAttempt,
  type NextAttempt,
} from './decide-next-attempt';
export { runPhases, runTransitions, type BackupLevel, type RunPhase, type RunState } from './run-states';
export { runInstanceTransitions, type RunInstanceState } from './run-instance-states';
export {
  judgeInstanceLoss,
  type BackupStep,
  type InstanceLoss,
  type LossVerdict,
} from './judge-instance-loss';
export { recoveryPointTransitions, type RecoveryPointState } from './recovery-point-states';
export { pieceReleaseTransitions, type PieceReleaseState } from './piece-release-states';
export { vaultOperationTransitions, type VaultOperationState } from './vault-operation-states';
export {
  alertSeverities,
  alertTransitions,
  severitiesUpTo,
  type AlertSeverity,
  type AlertState,
} from './alert-states';
export {
  attemptsMaxOf,
  DELIVERY_ATTEMPTS_MAX,
  deliveryTransitions,
  notificationEvents,
  secondsToNextAttempt,
  type DeliveryState,
  type NotificationEvent,
} from './delivery-attempts';
export {
  admitBackupRequest,
  type Admission,
  type AgentPresence,
  type RequestToAdmit,
} from './admit-backup-request';
export {
  chooseBackupLevel,
  type DataFileBase,
  type DataFileLevel,
  type DataFileToBackUp,
  type LevelDecision,
  type LevelQuestion,
  type LevelReason,
} from './choose-backup-level';
export {
  estimateBackup,
  type BackupEstimate,
  type DataFileEstimate,
  type EstimateMethod,
  type LastLevel1,
} from './estimate-backup';
export {
  faultOfTiming,
  judgeSlots,
  nextSlots,
  slotsOf,
  type MisfireRule,
  type ScheduleTiming,
} from './schedule-slots';
export {
  DATABASE_ROLES,
  daysBetweenFulls,
  LOG_INTERVALS_MINUTES,
  schedulesOfPolicy,
  type BackupPolicy,
  type DatabaseRole,
  type PolicyKind,
  type PolicySchedule,
} from './backup-policy';
export {
  planRetention,
  planRetentionOf,
  type KeepReason,
  type RetainablePoint,
  type RetentionPlan,
  type RetentionRule,
} from './plan-retention';
export { retentionSteps, type ExpiringPoint, type RetentionSteps } from './retention-steps';
export {
  planRestore,
  type LogRange,
  type RecoveryPointFacts,
  type RestoreGoal,
  type RestoreSelection,
} from './plan-restore';
export {
  discoveryEventKinds,
  judgeDiscovery,
  type DiscoveryEvent,
  type DiscoveryEventKind,
  type JudgedDatabase,
  type KnownDatabase,
  type Place,
  type SeenIdentity,
  type Sighting,
} from './judge-discovery';
