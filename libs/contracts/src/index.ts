// All that crosses a process: jobs, REST and agent-API routes with their schemas, errors.
export { AdytonError, type ErrorContext } from './adyton-error';
export { errorCatalog, errorCodes, isErrorCode, type ErrorCode } from './error-catalog';
export { checkCatalog, RECORDS_CHECK, type CheckCode, type CheckSpec } from './check-catalog';
export { alertCatalog, alertKinds, type AlertKind, type AlertSpec } from './alert-catalog';
export {
  NOTIFICATION_CHANNELS_MAX,
  webhookMessage,
  type Alert,
  type AlertDetail,
  type ChangeChannel,
  type Delivery,
  type NotificationChannel,
  type WebhookMessage,
} from './alert-resources';
export { type ErrorSpec, type RetryPolicy } from './error-spec';
export {
  JOB_PAYLOAD_BYTES_MAX,
  jobCatalog,
  jobNames,
  queueFamilies,
  queueName,
  type JobDefinition,
  type JobHandlers,
  type JobName,
  type JobNameOf,
  type JobPayload,
  type QueueFamily,
} from './job-catalog';
export {
  problem,
  PROBLEM_CONTENT_TYPE,
  problemOf,
  reasonOf,
  errorOfProblem,
  type Problem,
  type ProblemExtras,
  type ReasonExtras,
} from './problem';
export {
  PAGE_ROWS_MAX,
  type HttpMethod,
  type PathParams,
  type Route,
  type RouteBody,
  type RouteQuery,
  type RouteResponse,
} from './route';
export { restRoutes } from './rest-routes';
export {
  type BackupRequest,
  type CreateRestorePlan,
  type CreateSchedule,
  type Database,
  type DoctorCheck,
  type DryRun,
  type EnrolledHost,
  type Explanation,
  type Host,
  type RecoveryPoint,
  type RecoveryPointDetail,
  type RegisterDatabase,
  type RestorePlan,
  type Run,
  type RunDetail,
  type RunMove,
  type RunPlan,
  type RunScript,
  type Schedule,
} from './rest-resources';
export {
  EARLIER_ATTEMPTS_MAX,
  RUN_INSTANCES_MAX,
  type BackupQuestion,
  type ClaimedBackup,
  type ClaimedRestore,
  type ClaimedRun,
} from './claimed-run';
export {
  type ChannelPlace,
  type InstancesOfRun,
  type InstanceToCheck,
  type InstanceVerdict,
  type InstanceWord,
  type JoinedRun,
  type RunInstance,
} from './instance-routes';
export {
  AGENT_PROTOCOL,
  agentRoutes,
  RUN_LOG_CHARS_MAX,
  type DatabaseKeysDocument,
  type ExternalRunState,
  type IngestReport,
  type SessionGrant,
} from './agent-routes';
export {
  REPORT_ROWS_MAX,
  type VaultOperation,
  type VaultOperationKind,
  type VaultOperationOptions,
  type VaultOperationProgress,
  type VaultOperationReport,
} from './vault-operations';
export {
  CHANNELS_MAX,
  manifestContents,
  type DatabaseRegistration,
  type ManifestContents,
  type RecoveryPointContents,
} from './recovery-point-contents';
export {
  discoveryTools,
  INSTANCES_MAX,
  TOOL_DETAIL_CHARS_MAX,
  UNKNOWN_LINE_CHARS_MAX,
  UNKNOWN_LINES_MAX,
  type Discovery,
  type DiscoveryEventRecord,
  type DiscoveryReport,
  type DiscoveryTool,
  type DiscoveryToolReport,
  type FoundDatabase,
  type SeenCluster,
  type SeenInstance,
} from './discovery';
export { type KeystoreBackups } from './keystore-routes';
export { type PieceToKnow } from './record-routes';
export { type ForgottenDatabase, type RetentionStatus, type UncatalogReport } from './retention-resources';
export { type ChangePolicy, type PolicyDetail, type PolicySimulation } from './policy-resources';
export { hostId, KEYSTORE_KEYS_MAX, type ByteTotals, type Progress, type Reason } from './schemas';
export { callRoute, type ApiEndpoint, type CallInput } from './call-route';
export { openApiDocument } from './openapi';
