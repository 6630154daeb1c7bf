// How a backup piece leaves: nothing seems to need it, the bucket's own books are asked whether that is true, RMAN forgets it on every site,
// and only then the vault may. Nobody takes a piece back once RMAN was asked to forget it: no backup builds on it any more.
import { type TransitionTable } from './state-machine';

export type PieceReleaseState = 'kept' | 'under_review' | 'uncatalog_pending' | 'uncataloged' | 'released';

export const pieceReleaseTransitions: TransitionTable<PieceReleaseState> = {
  kept: ['under_review'],
  under_review: ['kept', 'uncatalog_pending', 'uncataloged'], // at once where the database is forgotten: no RMAN is left to be asked
  uncatalog_pending: ['uncataloged'],
  uncataloged: ['released'],
  released: [],
};
