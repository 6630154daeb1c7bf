// What people ask of the vault beside backups and restores, and what comes back. Each kind is declared once: what it is asked with, and
// what it reports; routes, the ledger, the maintenance tier and the CLI derive from it.
import { z } from 'zod';
import { count, instant, reason, vaultOperationId, vaultOperationState } from './schemas';

/** Deepest level of verify; each includes those below: sizes, pack hashes, chunks, pieces with their Oracle blocks. */
const VERIFY_LEVEL_MAX = 3;
const SUBSETS_MAX = 1_000;
const BUDGET_SECONDS_MAX = 7 * 24 * 60 * 60;
/** Findings and names in one report; the rest is counted. */
export const REPORT_ROWS_MAX = 1_000;

/** Name or id of a registered database; left out for all of the vault. */
const ofDatabase = z.string().min(1).max(64).optional();

export const vaultOperationOptions = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('verify'),
    level: z.int().min(0).max(VERIFY_LEVEL_MAX).default(1),
    database: ofDatabase,
    /** The n-th of m parts of the packs. */
    subset: z
      .strictObject({ part: z.int().min(1), of: z.int().min(1).max(SUBSETS_MAX) })
      .refine(({ part, of }) => part <= of, 'part is at most of')
      .optional(),
    budgetSeconds: z.int().min(1).max(BUDGET_SECONDS_MAX).optional(),
  }),
  z.strictObject({ kind: z.literal('collect'), dryRun: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal('release') }),
  z.strictObject({ kind: z.literal('rebuild-index'), database: ofDatabase }),
  z.strictObject({ kind: z.literal('rebuild-ledger') }),
]);
export type VaultOperationOptions = z.output<typeof vaultOperationOptions>;
export type VaultOperationKind = VaultOperationOptions['kind'];

const named = z.array(z.string()).max(REPORT_ROWS_MAX);

const verifyReport = z.object({
  kind: z.literal('verify'),
  level: z.int(),
  objectsChecked: count,
  bytesRead: count,
  /** False when the time was over first; the next verify goes on with what was checked longest ago. */
  complete: z.boolean(),
  findingsTotal: count,
  findings: z
    .array(
      z.object({
        objectKey: z.string(),
        damage: z.string(),
        /** What it means, for a person. */
        detail: z.string(),
        handles: named,
        manifestKeys: named,
      }),
    )
    .max(REPORT_ROWS_MAX),
});

const collectReport = z.object({
  kind: z.literal('collect'),
  dryRun: z.boolean(),
  /** `waiting`: writers are at work that began before the packs were condemned; the next collection goes on. */
  outcome: z.enum(['done', 'nothing', 'waiting']),
  generation: count.nullable(),
  packsCondemned: count,
  /** Condemned, and needed after all. */
  packsRescued: count,
  packsDeleted: count,
  /** Locked in the bucket until their time is over. */
  packsRetained: count,
  recipesDeleted: count,
  bytesFreed: count,
  /** Sessions that must end, or be silent for a day, before this generation can finish. */
  sessionsAwaited: named,
  /** Sessions ended for writers that are dead. */
  sessionsEnded: named,
});

const releaseReport = z.object({
  kind: z.literal('release'),
  /** Databases that were looked after. */
  databases: count,
  /** Names of databases whose backups are under way: theirs wait for the end of these. */
  databasesBusy: named,
  /** Pieces nothing on record needs, and of these those that something in the bucket needs all the same. */
  piecesReviewed: count,
  piecesNeeded: count,
  /** Recovery points, and what failed runs left, expired for ever. */
  pointsExpired: count,
  piecesReleased: count,
});

const rebuildIndexReport = z.object({
  kind: z.literal('rebuild-index'),
  databases: count,
  packs: count,
  chunks: count,
  damagedPacks: named,
});

const rebuildLedgerReport = z.object({
  kind: z.literal('rebuild-ledger'),
  /** Databases found in the bucket. */
  databases: count,
  databasesRegistered: named,
  pointsAdded: count,
  pointsKnown: count,
  /** What could not be taken over, and what to do. */
  leftOut: z.array(z.object({ name: z.string(), detail: z.string() })).max(REPORT_ROWS_MAX),
});

const vaultOperationReport = z.discriminatedUnion('kind', [
  verifyReport,
  collectReport,
  releaseReport,
  rebuildIndexReport,
  rebuildLedgerReport,
]);
export type VaultOperationReport = z.infer<typeof vaultOperationReport>;

const vaultOperationProgress = z.object({
  objectsDone: count,
  /** Null before it is known. */
  objectsExpected: count.nullable(),
  bytesRead: count,
});
export type VaultOperationProgress = z.infer<typeof vaultOperationProgress>;

export const vaultOperation = z.object({
  id: vaultOperationId,
  options: vaultOperationOptions,
  state: vaultOperationState,
  reason: reason.nullable(),
  progress: vaultOperationProgress,
  /** What was found and done; also there when the operation failed over what it found. */
  report: vaultOperationReport.nullable(),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
});
export type VaultOperation = z.infer<typeof vaultOperation>;
