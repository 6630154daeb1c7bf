// Session markers: who wrote what, and which manifest a run may create. From them it also follows that a manifest is gone: a run that ended,
// left pieces, and has neither manifest nor partial nor tombstone.
import { decodeTime } from 'ulid';
import { openDocument } from '../crypto/sealed-document';
import { decodeRecipe } from '../format/recipe';
import { REQUESTS_AT_ONCE } from '../limits';
import { forEachAtOnce } from '../session/at-once';
import { manifestKeyOf } from '../session/manifest';
import { isPartialKey, partialKeyOf } from '../session/partial-manifest';
import { hiddenRecipes, recipeNameOf } from '../session/piece-names';
import { sessionKey, type SessionMarker } from '../session/sessions';
import { damaged, unsupported } from '../vault-error';
import { type Damage, orDamage } from './finding';
import { type LiveClosure } from './live-closure';
import { type VerifyRun } from './verify-run';

interface Session {
  marker: SessionMarker | null;
  hasMarker: boolean;
  ended: boolean;
}

/** By sid. */
type Sessions = Map<string, Session>;

const SID = /^[0-9A-Z]{26}$/;
const SESSION_KEY = /^session\/([0-9A-Z]{26})(\.end|\.hb\.\d+)?$/;

/**
 * A session that has no marker any more was collected, if no pack of it is left.
 * @param writers a pack of each session that wrote one, by sid
 */
export async function checkSessions(
  run: VerifyRun,
  closure: LiveClosure,
  writers: ReadonlyMap<string, string>,
): Promise<void> {
  const sessions = await listSessions(run);
  const marked = [...sessions].filter(([, session]) => session.hasMarker);
  await forEachAtOnce(marked, REQUESTS_AT_ONCE, async ([sid, session]) => {
    run.objectsChecked.session += 1;
    const read = await orDamage(() => readMarker(run, sid, sessions));
    if ('value' in read) session.marker = read.value;
    else await tellSession(run, sid, read.damage);
  });
  for (const [sid, packKey] of writers)
    if (sessions.get(sid)?.hasMarker !== true && (await run.store.head(packKey)) !== null)
      await tellSession(run, sid, 'missing');
  await tellLostManifests(run, closure, sessions);
}

async function listSessions(run: VerifyRun): Promise<Sessions> {
  const sessions: Sessions = new Map();
  for await (const { key } of run.store.list('session/')) {
    const [, sid, suffix] = SESSION_KEY.exec(key) ?? [];
    if (sid === undefined) continue;
    const session = sessions.get(sid) ?? { marker: null, hasMarker: false, ended: false };
    sessions.set(sid, session);
    if (suffix === undefined) session.hasMarker = true;
    if (suffix === '.end') session.ended = true;
  }
  return sessions;
}

/** A marker says what its names say: its own, and that of the manifest. */
async function readMarker(run: VerifyRun, sid: string, sessions: Sessions): Promise<SessionMarker | null> {
  const key = sessionKey(sid);
  const bytes = await run.store.get(key);
  if (bytes === null) return null; // collected between the listing and now
  const marker = JSON.parse(Buffer.from(bytes).toString('utf8')) as SessionMarker;
  if (marker.v !== 1) throw unsupported(key, marker.v);
  const { parent } = marker;
  const hasParent = parent === null || (SID.test(parent) && (sessions.has(parent) || isEnded(sessions, sid)));
  const isNamed =
    marker.manifestKey === manifestKeyOf(marker) &&
    marker.startedAt === new Date(decodeTime(sid)).toISOString();
  if (!hasParent || !isNamed) throw damaged(key, 'altered');
  return marker;
}

function isEnded(sessions: Sessions, sid: string): boolean {
  return sessions.get(sid)?.ended === true;
}

async function tellSession(run: VerifyRun, sid: string, damage: Damage): Promise<void> {
  await run.tellDamage({
    object: 'session',
    objectKey: sessionKey(sid),
    damage,
    means: 'collection-stops',
    recoveryPoints: [],
    pieces: [],
  });
}

async function tellLostManifests(run: VerifyRun, closure: LiveClosure, sessions: Sessions): Promise<void> {
  const lost = new Map<string, Damage>(closure.lost.map((each) => [each.manifestKey, each.damage]));
  for (const key of run.options.expectedManifests ?? [])
    if (!closure.manifestKeys.has(key) && !closure.expired.has(key)) lost.set(key, 'missing');
  const suspects = new Set(endedWithoutManifest(run, closure, sessions));
  if (lost.size + suspects.size === 0) return;
  const written = await piecesWritten(run, sessions, new Set([...lost.keys(), ...suspects]));
  for (const key of suspects) if (written.has(key) && !(await isThere(run, key))) lost.set(key, 'missing');
  for (const [manifestKey, damage] of lost) {
    await run.tellDamage({
      object: isPartialKey(manifestKey) ? 'partial' : 'manifest',
      objectKey: manifestKey,
      damage,
      means: 'recovery-point-lost',
      recoveryPoints: [manifestKey],
      pieces: written.get(manifestKey.replace(/\.partial$/, '')) ?? [],
    });
  }
}

/** Manifests of runs all of whose sessions ended, and that left nothing at their names. */
function endedWithoutManifest(
  run: VerifyRun,
  { manifestKeys, expired }: LiveClosure,
  sessions: Sessions,
): string[] {
  const openRuns = new Set<string>();
  const endedRuns = new Set<string>();
  for (const { marker, ended } of sessions.values())
    if (marker !== null) (ended ? endedRuns : openRuns).add(marker.manifestKey);
  const isGone = (key: string): boolean => !manifestKeys.has(key) && !expired.has(key);
  return [...endedRuns].filter(
    (key) =>
      !openRuns.has(key) &&
      isGone(key) &&
      isGone(partialKeyOf(key)) &&
      run.isDatabaseAsked(key.split('/')[1] ?? ''),
  );
}

/** A run may have committed between the listing of manifests and that of sessions. */
async function isThere(run: VerifyRun, manifestKey: string): Promise<boolean> {
  const heads = await Promise.all([run.store.head(manifestKey), run.store.head(partialKeyOf(manifestKey))]);
  return heads.some((head) => head !== null);
}

/** Handles of what the sessions of these runs wrote and nobody removed, by manifest, as far as their recipes can be read. */
async function piecesWritten(
  run: VerifyRun,
  sessions: Sessions,
  manifests: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  const written = new Map<string, string[]>();
  const hidden = await hiddenRecipes(run.store);
  for await (const { key } of run.store.list('piece/')) {
    const marker = sessions.get(key.slice(key.lastIndexOf('-') + 1))?.marker ?? null;
    if (marker === null || hidden.has(recipeNameOf(key))) continue;
    const names = [marker.manifestKey, partialKeyOf(marker.manifestKey)];
    if (!names.some((name) => manifests.has(name))) continue;
    const handle = await orDamage(() => handleOf(run, marker.dbKey, key));
    if ('value' in handle)
      written.set(marker.manifestKey, [...(written.get(marker.manifestKey) ?? []), handle.value]);
  }
  return written;
}

async function handleOf(run: VerifyRun, dbKey: string, recipeKey: string): Promise<string> {
  const sealed = await run.store.get(recipeKey);
  if (sealed === null) throw damaged(recipeKey, 'missing');
  return decodeRecipe(openDocument(run.keysOf(dbKey).metaKey, 'recipe', sealed, recipeKey), recipeKey).handle;
}
