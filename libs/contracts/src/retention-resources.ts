// Recovery points on their way out, as people see and change them.
import { z } from 'zod';
import { count, databaseId, instant, reason, recoveryPointId } from './schemas';
import { recoveryPoint } from './rest-resources';

/** Why somebody holds a point; it is read again in years. */
const why = z.string().min(3).max(500);

export const holdRecoveryPoint = z.strictObject({ reason: why });

export const retentionStatus = z.object({
  databaseId,
  /** Points that are held, expiring, or expired and not yet gone from the vault; newest first. */
  points: z.array(recoveryPoint),
  /** Pieces on their way out. */
  pieces: z.object({
    /** The bucket is being asked whether anything needs them. */
    underReview: count,
    /** RMAN has to forget them first. */
    uncatalogPending: count,
    /** RMAN has forgotten them; the vault follows. */
    uncataloged: count,
  }),
  /** What they wait for; null when nothing waits. */
  waitsFor: reason.nullable(),
  /** Since when the longest waits for RMAN. */
  waitsSince: instant.nullable(),
  /** RMAN is not asked any more: an operator said that the database is gone. */
  forgottenAt: instant.nullable(),
});

export const forgetDatabase = z.strictObject({
  /** Repeats the name of the database. */
  confirm: z.string(),
  /** Lets all its recovery points go too, the last good one included; those that are held stay. */
  allBackups: z.boolean().default(false),
});

/** One batch of pieces that RMAN has to forget. */
export const uncatalogBatch = z.object({ handles: z.array(z.string()) });
export const uncatalogReport = z.strictObject({
  /** RMAN does not list them any more. */
  gone: z.array(z.string().max(511)).max(1_000),
  /** Why it lists others still; null when it does not. */
  reason: reason.nullable(),
});

export const forgotten = z.object({
  databaseId,
  forgottenAt: instant,
  /** Pieces that waited for RMAN and do not any more. */
  piecesFreed: count,
  pointsLetGo: z.array(recoveryPointId),
});

export type RetentionStatus = z.infer<typeof retentionStatus>;
export type UncatalogReport = z.infer<typeof uncatalogReport>;
export type ForgottenDatabase = z.infer<typeof forgotten>;
