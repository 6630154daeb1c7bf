// The session of a channel that a pre-check opened: the library was loaded and reached this worker, which is all it was for. It belongs to no
// run, so nothing is asked of the control-plane and nothing begins in the vault; whoever opens it may do nothing.
import { AdytonError } from '@adyton/contracts';
import { type SbtSession } from '@adyton/sbt';
import { sbtFailureOf } from './sbt-failure-of';

export const CHECK_SESSION: SbtSession = {
  openPiece: refuse,
  readPiece: refuse,
  pieceInfo: refuse,
  removePieces: refuse,
  command: async () => undefined,
  end: async () => undefined,
};

async function refuse(): Promise<never> {
  throw sbtFailureOf(new AdytonError('ADY_SBT_REFUSED', 'the channel of a pre-check may do nothing'));
}
