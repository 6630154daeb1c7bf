// How the RMAN of a backup is ended: its token, its sessions in the target database, its pieces.
import { commandId, ownHandles, type RunNames } from '@adyton/rman';
import { type EndingOfRun } from '../rman/end-rman';
import { fenceRun } from '../rman/fence-run';
import { type BackupRun } from './backup-run';
import { openDatabase } from './open-database';

export function endingOf(run: BackupRun, names: RunNames): EndingOfRun {
  return {
    runId: run.claimed.runId,
    log: run.log,
    fence: async () => {
      // a run that goes on without a lost instance needs its token
      if (run.lease.signal.aborted) await fenceRun(run, run.claimed);
    },
    target: {
      commandId: commandId(names.runToken),
      handlesLike: `${ownHandles(names)}%`,
      connect: (limits) => openDatabase(run, limits),
    },
  };
}
