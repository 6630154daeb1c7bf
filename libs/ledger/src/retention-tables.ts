// Columns and tables of what is on its way out.
import { type Reason } from '@adyton/contracts';
import { type DatabaseId, type PieceReleaseState, type RecoveryPointState } from '@adyton/domain';
import { type ColumnType, type Generated } from 'kysely';

/** Of recovery_points. */
export interface PointRetentionColumns {
  state: Generated<RecoveryPointState>;
  /** End of the grace time, while the point is expiring. */
  expiring_until: Generated<Date | null>;
  /** What it was before, so that it can be that again. */
  expiring_from: Generated<Extract<RecoveryPointState, 'available' | 'corrupt'> | null>;
  /** A policy may take back what a policy let go; what an operator let go only an operator takes back. */
  expiring_by: Generated<'retention' | 'operator' | null>;
  expired_at: Generated<Date | null>;
  /** When every piece that only this point needed was found to be needed by nothing. */
  reviewed_at: Generated<Date | null>;
  /** When the mark that is for ever was found in the bucket. */
  vault_expired_at: Generated<Date | null>;
  held_since: Generated<Date | null>;
  held_by: Generated<string | null>;
  hold_reason: Generated<string | null>;
  /** Data files are missing in it; computed from the contents, which are too large to be read again and again. */
  readonly lacks_files: ColumnType<boolean, never, never>;
}

/** Of pieces. */
export interface PieceReleaseColumns {
  release_state: Generated<PieceReleaseState>;
  release_changed_at: Generated<Date | null>;
}

/** Where RMAN's records of a database are: today its registered host. */
export interface ReleaseSitesTable {
  database_id: DatabaseId;
  dispatches: Generated<number>;
  dispatched_at: Date | null;
  /** Why the agent could not make RMAN forget all it was asked to. */
  reason: ColumnType<Reason | null, string | null, string | null>;
  /** The database is gone, as an operator vouches: its RMAN is not asked any more. */
  forgotten_at: Date | null;
  forgotten_by: string | null;
}
