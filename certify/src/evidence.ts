// What one certification collected. Claims are judged from this and nothing else, so a report can be judged again later.
import { type QueryAnswer } from './host/sqlplus';
import { type ProgramRun } from './host/run-program';
import { type TracedCall } from './media/media-server';
import { type PieceFacts } from './media/piece-facts';

/** RMAN's record of one piece or image copy of ours (then `handle` is the name of the file), joined with its data file where it holds one. */
export interface PieceRecord {
  readonly handle: string;
  /** A available, X expired, D deleted. */
  readonly status: string;
  readonly file: number | null;
  readonly level: number | null;
  readonly incrementalScn: string;
  readonly checkpointScn: string;
}

export type StepName =
  | 'level0a'
  | 'level0b'
  | 'level1'
  | 'cumulative'
  | 'uncatalog'
  | 'cumulativeAfterUncatalog'
  | 'expire'
  | 'cumulativeAfterExpire'
  | 'available'
  | 'crosscheckFails'
  | 'catalog'
  | 'diskLevel0'
  | 'cumulativeAfterDisk'
  | 'imageCopy'
  | 'cumulativeAfterCopy'
  | 'plainCopy'
  | 'cumulativeAfterPlainCopy'
  | 'partFailed'
  | 'level1AfterPartFailed'
  | 'sections'
  | 'sinceSections'
  | 'twoCopies'
  | 'largeSetSize'
  | 'archivedLog'
  | 'controlFile'
  | 'validate'
  | 'deleteRefused'
  | 'delete'
  | 'newFileLevel1'
  | 'exclude'
  | 'excludedNamed'
  | 'closeRefused'
  | 'killedChannel';

export interface StepEvidence extends ProgramRun {
  /** Calls of the library while RMAN ran. */
  readonly calls: readonly TracedCall[];
  /** Pieces that were closed in this step, in order. */
  readonly pieces: readonly (PieceFacts & { readonly bytesNew: number })[];
  /** RMAN's records of all our pieces afterwards. */
  readonly records: readonly PieceRecord[];
}

export interface Evidence {
  readonly prefix: string;
  readonly dataFile: { readonly file: number; readonly bytes: number; readonly blockBytes: number } | null;
  /** One that was never backed up, as a new one; null: there is none that fits. */
  readonly newFile: { readonly file: number; readonly creationScn: string } | null;
  /** Answers to the product's own questions, by name. */
  readonly queries: Readonly<Record<string, QueryAnswer>>;
  readonly sbttest: ProgramRun | null;
  readonly steps: Readonly<Partial<Record<StepName, StepEvidence>>>;
}
