// Sessions whose writer died. Ending one for it takes three steps, each of which may be somebody's last: a tombstone at the manifest of its
// run, so that it can never commit; a partial that names what it closed; the end marker. Found half done, it is done again from the start.
import { WRITER_SILENT_HOURS_MAX } from '../limits';
import { createPartial, piecesOfSessions } from '../session/partial-manifest';
import { createTombstone } from '../session/manifest';
import { endSession, lastSignOfLife, listOpenSessions, type OpenSession } from '../session/sessions';
import { type VaultDatabases } from './books';

export interface Burial {
  /** Manifests that will never be. */
  readonly tombstones: readonly string[];
  readonly ended: readonly string[];
  /** Sessions that may still write. */
  readonly open: readonly string[];
}

const HOUR_MS = 60 * 60 * 1000;

/** Ends the sessions of every run attempt whose primary sessions are all silent. @param presumedDead sessions an operator vouches for */
export async function buryDeadSessions(
  vault: VaultDatabases,
  now: Date,
  presumedDead: ReadonlySet<string>,
): Promise<Burial> {
  const tombstones: string[] = [];
  const ended: string[] = [];
  const open: string[] = [];
  for (const [manifestKey, sessions] of byManifest(await listOpenSessions(vault.store))) {
    if (!(await areDead(vault, sessions, now, presumedDead))) {
      open.push(...sessions.map(({ sid }) => sid));
      continue;
    }
    if (await buryRun(vault, sessions, now)) tombstones.push(manifestKey);
    ended.push(...sessions.map(({ sid }) => sid));
  }
  return { tombstones, ended, open };
}

/** Sessions of one run attempt live and die together: a secondary one is drained only through its parent. */
function byManifest(sessions: readonly OpenSession[]): Map<string, OpenSession[]> {
  const runs = new Map<string, OpenSession[]>();
  for (const session of sessions)
    runs.set(session.marker.manifestKey, [...(runs.get(session.marker.manifestKey) ?? []), session]);
  return runs;
}

async function areDead(
  { store }: VaultDatabases,
  sessions: readonly OpenSession[],
  now: Date,
  presumedDead: ReadonlySet<string>,
): Promise<boolean> {
  const primary = sessions.filter(({ marker }) => marker.parent === null);
  for (const session of primary.length > 0 ? primary : sessions) {
    if (presumedDead.has(session.sid)) continue;
    const silentMs = now.getTime() - (await lastSignOfLife(store, session)).getTime();
    if (silentMs < WRITER_SILENT_HOURS_MAX * HOUR_MS) return false;
  }
  return true;
}

/** @returns whether the run was fenced; false when it had committed. */
async function buryRun(vault: VaultDatabases, sessions: readonly OpenSession[], now: Date): Promise<boolean> {
  const { store } = vault;
  const [first] = sessions;
  if (first === undefined) return false;
  const { runId, fence, dbKey, manifestKey } = first.marker;
  const fenced = await createTombstone(store, { runId, fence, dbKey }, now);
  if (fenced) {
    const keys = vault.keysOf(dbKey);
    const pieces = await piecesOfSessions(store, keys, new Set(sessions.map(({ sid }) => sid)));
    const why = 'the writer showed no life any more';
    if (pieces.length > 0)
      await createPartial(store, keys, manifestKey, { v: 1, runId, fence, sid: first.sid, why, pieces });
  }
  for (const { sid } of secondaryFirst(sessions)) await endSession(store, sid, now);
  return fenced;
}

function secondaryFirst(sessions: readonly OpenSession[]): OpenSession[] {
  return [...sessions].sort((a, b) => Number(a.marker.parent === null) - Number(b.marker.parent === null));
}
