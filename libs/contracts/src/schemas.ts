// Building blocks of every wire schema: ids, numbers that outgrow JavaScript, times, and the words of the state tables.
import {
  ID_PREFIX,
  recoveryPointTransitions,
  requestTransitions,
  runOrigins,
  runPhases,
  runTransitions,
  statesOf,
  vaultOperationTransitions,
  type Branded,
  type IdKind,
  type IdOf,
  type Scn,
} from '@adyton/domain';
import { z } from 'zod';

/** Adds the brand of the domain to a string schema; at run time the schema is unchanged. */
function branded<T extends Branded<string, string>>(schema: z.ZodString): z.ZodType<T, string> {
  return schema as unknown as z.ZodType<T, string>;
}
export function id<K extends IdKind>(kind: K): z.ZodType<IdOf<K>, string> {
  const prefix = ID_PREFIX[kind];
  return branded<IdOf<K>>(
    z.string().regex(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`), `must look like ${prefix}_<ULID>`),
  );
}

export const hostId = id('HostId');
export const databaseId = id('DatabaseId');
export const scheduleId = id('ScheduleId');
export const requestId = id('RequestId');
export const runId = id('RunId');
export const recoveryPointId = id('RecoveryPointId');
export const dryRunId = id('DryRunId');
export const restorePlanId = id('RestorePlanId');
export const discoveryId = id('DiscoveryId');
export const foundDatabaseId = id('FoundDatabaseId');
export const vaultOperationId = id('VaultOperationId');

export const scn = branded<Scn>(z.string().regex(/^\d{1,20}$/, 'an SCN is a decimal string'));
/** DBID is an unsigned 32-bit number; kept as text so that no client rounds it. */
export const dbid = z.string().regex(/^\d{1,10}$/, 'a DBID is a decimal string');
/** RFC 3339, UTC. */
export const instant = z.iso.datetime();
export const count = z.int().nonnegative();
export const fence = z.int().positive();

/** Id of a master key as v$encrypted_tablespaces has it: 16 bytes, hexadecimal. */
export const keyId = z.string().regex(/^[0-9A-F]{32}$/, '32 hexadecimal digits, in capitals');
/** Keys on record for one database: some hundred rotations. */
export const KEYSTORE_KEYS_MAX = 1_000;

/** A name a person types: one word that is also safe in file names, RMAN scripts and URLs. */
export const plainName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, 'letters, digits, _ . - ; begins with a letter; at most 63');
/** Absolute path with characters that need no quoting anywhere: no quotes, blanks, semicolons or control characters. */
export const hostPath = z
  .string()
  .regex(
    /^\/[A-Za-z0-9_$#@%+=:,./-]{0,254}$/,
    'an absolute path without quotes, blanks or control characters',
  );
export const oracleSid = z
  .string()
  .regex(/^[A-Za-z+][A-Za-z0-9_$#-]{0,29}$/, 'an ORACLE_SID of at most 30 characters');
/** Easy-connect (host:port/service) or a full descriptor; never with credentials. */
export const connectDescriptor = z
  .string()
  .max(1024)
  .regex(
    /^(\(DESCRIPTION=[A-Za-z0-9_=.,:()/$#-]+\)|[A-Za-z0-9_.-]+:\d{1,5}\/[A-Za-z0-9_.$#-]+)$/i,
    'host:port/service or (DESCRIPTION=…), without credentials',
  );

export const askedKind = z.enum(['auto', 'full', 'incremental', 'archivelog']);
export const backupLevel = z.enum(['level0', 'level1', 'full', 'archivelog']);
export const requestTrigger = z.enum(['manual', 'scheduled', 'replay']);
export const lane = z.enum(['data', 'log', 'restore', 'external']);
export const runOrigin = z.enum(runOrigins);
export const misfireRule = z.enum(['run-once', 'skip']);
export const operation = z.enum(['backup', 'restore']);
export const requestState = z.enum(statesOf(requestTransitions));
export const runState = z.enum(statesOf(runTransitions));
export const runPhase = z.enum(runPhases);
export const recoveryPointState = z.enum(statesOf(recoveryPointTransitions));
export const vaultOperationState = z.enum(statesOf(vaultOperationTransitions));

/** Why a state is not green. Every failed, expired, superseded or waiting thing carries one. */
export const reason = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  hint: z.string(),
  phase: runPhase.nullable(),
  instance: z.string().nullable(),
  /** RMAN- and ORA- lines, outermost first, at most 40. */
  oraErrors: z.array(z.string()).max(40),
});
export type Reason = z.infer<typeof reason>;

export const byteTotals = z.object({
  /** Bytes RMAN gave to the SBT library. */
  bytesRead: count,
  /** Of these, bytes in chunks the vault did not hold. */
  bytesNew: count,
  /** Bytes put into the bucket: packs, index, recipes, manifest. */
  bytesStored: count,
});
export type ByteTotals = z.infer<typeof byteTotals>;

export const progress = byteTotals.extend({
  /** Bytes expected in all; null before the estimate. Never smaller than bytesDone. */
  bytesExpected: count.nullable(),
  bytesDone: count,
  /** Grows only, whatever becomes of the estimate; 100 at the end of a run that succeeded. */
  percentDone: z.int().min(0).max(100),
  piecesDone: count,
});
export type Progress = z.infer<typeof progress>;
