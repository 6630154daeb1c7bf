// Branded identifiers: a RunId where a RequestId belongs does not compile.
declare const brand: unique symbol;
export type Branded<T, B extends string> = T & { readonly [brand]: B };

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

export type IdKind = keyof typeof ID_PREFIX;
export type IdOf<K extends IdKind> = Branded<string, K>;

export type HostId = IdOf<'HostId'>;
export type DatabaseId = IdOf<'DatabaseId'>;
export type ScheduleId = IdOf<'ScheduleId'>;
export type RequestId = IdOf<'RequestId'>;
export type RunId = IdOf<'RunId'>;
export type RecoveryPointId = IdOf<'RecoveryPointId'>;
export type DryRunId = IdOf<'DryRunId'>;
export type RestorePlanId = IdOf<'RestorePlanId'>;
export type VaultOperationId = IdOf<'VaultOperationId'>;
export type AlertId = IdOf<'AlertId'>;
export type ChannelId = IdOf<'ChannelId'>;
export type DeliveryId = IdOf<'DeliveryId'>;
export type DiscoveryId = IdOf<'DiscoveryId'>;
/** A database that discovery found, registered or not. */
export type FoundDatabaseId = IdOf<'FoundDatabaseId'>;

/** @param ulid of the moment it is made: ids of a kind sort in the order they were made in */
export function makeId<K extends IdKind>(kind: K, ulid: string): IdOf<K> {
  return `${ID_PREFIX[kind]}_${ulid}` as IdOf<K>;
}

/** The short token of a run in RMAN tags, handles and command ids: the last 8 characters of its id (`<job8>`). */
export function runToken(runId: RunId): string {
  return runId.slice(-8);
}
