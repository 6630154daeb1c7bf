// New ids: prefix and ULID. Clock and randomness are handed in.
import {
  ID_PREFIX,
  type ChannelId,
  type DatabaseId,
  type DiscoveryId,
  type DryRunId,
  type FoundDatabaseId,
  type HostId,
  type RecoveryPointId,
  type RequestId,
  type RestorePlanId,
  type RunId,
  type ScheduleId,
  type VaultOperationId,
} from '@adyton/domain';
import { type Clock } from '@adyton/runtime';
import { randomInt } from 'node:crypto';
import { ulid } from 'ulid';

interface Ids {
  HostId: HostId;
  DatabaseId: DatabaseId;
  ScheduleId: ScheduleId;
  RequestId: RequestId;
  RunId: RunId;
  RecoveryPointId: RecoveryPointId;
  DryRunId: DryRunId;
  RestorePlanId: RestorePlanId;
  VaultOperationId: VaultOperationId;
  ChannelId: ChannelId;
  DiscoveryId: DiscoveryId;
  FoundDatabaseId: FoundDatabaseId;
}
export type IdKind = keyof Ids;
export type IdOf<K extends IdKind> = Ids[K];

const FRACTION_STEPS = 2 ** 32;
/** A fraction in [0, 1) from the system's secure source. */
export const secureFraction = (): number => randomInt(FRACTION_STEPS) / FRACTION_STEPS;

/** Ids of HTTP requests, for logs and problem documents. */
export function requestIdSource(clock: Clock): () => string {
  return () => ulid(clock.now().getTime(), secureFraction);
}

export function idSource(clock: Clock): <K extends IdKind>(kind: K) => IdOf<K> {
  return <K extends IdKind>(kind: K) =>
    `${ID_PREFIX[kind]}_${ulid(clock.now().getTime(), secureFraction)}` as IdOf<K>;
}
