// From a goal to what a restore reads: the base point, its pieces, the logs behind it. Decided by the domain, said in the words of the API.
import { type Database, type RecoveryPointContents } from '@adyton/contracts';
import { findRecoveryPoint, readRecoveryPointFacts, type LedgerSession } from '@adyton/ledger';
import {
  planRestore,
  type RecoveryPointId,
  type RestoreGoal,
  type RestoreSelection,
  type Scn,
} from '@adyton/domain';
import { RefusedRequest } from '../http/refused-request';

export interface SelectedRestore {
  readonly basePoint: RecoveryPointId;
  readonly untilScn: Scn;
  readonly contents: RecoveryPointContents;
  readonly controlFileHandle: string;
  readonly handles: string[];
  readonly missingFiles: { file: number; name: string; detail: string }[];
  readonly recreatedFiles: { file: number; name: string; creationScn: Scn }[];
  readonly archivedLogs: { thread: number; sequence: number }[];
}

/** @throws RefusedRequest ADY_NO_RECOVERY_POINT, ADY_NOT_RECOVERABLE or ADY_RESTORE_INCOMPLETE, saying what would be possible. */
export async function selectRestore(
  session: LedgerSession,
  database: Database,
  goal: RestoreGoal,
): Promise<SelectedRestore> {
  const selection = planRestore(await readRecoveryPointFacts(session, database.id), goal);
  if (selection.kind === 'incomplete') throw await lacking(session, selection.base.id);
  if (selection.kind !== 'found') throw impossible(selection, database);
  const point = await findRecoveryPoint(session, selection.base.id);
  if (point === undefined) throw new Error('invariant: a recovery point just read exists');
  const { contents } = point;
  if (contents.controlFileHandle === null)
    throw new RefusedRequest('ADY_NOT_RECOVERABLE', `recovery point ${point.id} holds no control file`);
  const handles = [
    contents.controlFileHandle,
    ...contents.dataFiles.flatMap((f) => [...f.baseHandles, ...f.handles]),
    ...selection.logs.map((l) => l.handle),
  ];
  return {
    basePoint: point.id,
    untilScn: selection.untilScn,
    contents,
    controlFileHandle: contents.controlFileHandle,
    handles: [...new Set(handles)],
    missingFiles: contents.leftOut.map(({ file, name, detail }) => ({ file, name, detail })),
    recreatedFiles: (contents.recreatedFiles ?? []).map(({ file, name, creationScn }) => ({
      ...{ file, name, creationScn },
    })),
    archivedLogs: selection.logs.map(({ thread, sequence }) => ({ thread, sequence })),
  };
}

async function lacking(session: LedgerSession, id: RecoveryPointId): Promise<RefusedRequest> {
  const files = (await findRecoveryPoint(session, id))?.contents.leftOut ?? [];
  const named = files.map((f) => `${f.file} (${f.name}): ${f.detail}`).join('; ');
  return new RefusedRequest('ADY_RESTORE_INCOMPLETE', `recovery point ${id} lacks data file ${named}`);
}

function impossible(
  selection: Exclude<RestoreSelection, { kind: 'found' | 'incomplete' }>,
  database: Database,
): RefusedRequest {
  if (selection.kind === 'no-base') {
    const detail =
      selection.earliestScn === null
        ? `${database.name} has no recovery point`
        : `the earliest SCN ${database.name} can be restored to is ${selection.earliestScn}`;
    return new RefusedRequest('ADY_NO_RECOVERY_POINT', detail);
  }
  return new RefusedRequest(
    'ADY_NOT_RECOVERABLE',
    `logs of thread ${selection.thread} end at SCN ${selection.missingFromScn}; the latest SCN that can be reached is ${selection.latestScn}`,
  );
}
