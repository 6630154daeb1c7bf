// Branded identifiers: a RunId where a RequestId belongs does not compile.
declare const brand: unique symbol;
export type Branded<T, B extends string> = T & { readonly [brand]: B };

export type HostId = Branded<string, 'HostId'>;
export type DatabaseId = Branded<string, 'DatabaseId'>;
export type ScheduleId = Branded<string, 'ScheduleId'>;
export type RequestId = Branded<string, 'RequestId'>;
export type RunId = Branded<string, 'RunId'>;
export type RecoveryPointId = Branded<string, 'RecoveryPointId'>;
export type DryRunId = Branded<string, 'DryRunId'>;
export type RestorePlanId = Branded<string, 'RestorePlanId'>;
export type VaultOperationId = Branded<string, 'VaultOperationId'>;
export type AlertId = Branded<string, 'AlertId'>;
export type ChannelId = Branded<string, 'ChannelId'>;
export type DeliveryId = Branded<string, 'DeliveryId'>;
export type DiscoveryId = Branded<string, 'DiscoveryId'>;
/** A database that discovery found, registered or not. */
export type FoundDatabaseId = Branded<string, 'FoundDatabaseId'>;

/** Prefix of each id on the wire (`run_01K…`): the reader of a log line knows what an id names. */
export const ID_PREFIX = {
  HostId: 'hst',
  DatabaseId: 'dbs',
  ScheduleId: 'sch',
  RequestId: 'req',
  RunId: 'run',
  RecoveryPointId: 'rpt',
  DryRunId: 'dry',
  RestorePlanId: 'rst',
  VaultOperationId: 'vop',
  AlertId: 'alr',
  ChannelId: 'chn',
  DeliveryId: 'ntf',
  DiscoveryId: 'dsc',
  FoundDatabaseId: 'fdb',
} as const;

/** The short token of a run in RMAN tags, handles and command ids: the last 8 characters of its id (`<job8>`). */
export function runToken(runId: RunId): string {
  return runId.slice(-8);
}
