// Writer sessions as objects: the marker says which run may commit what, heartbeats that the writer lives, the end marker that nothing of
// it is to come. A secondary session is ended by its parent, which ends last, so that its end means the end of the whole run attempt.
import { type ObjectStore } from '@adyton/object-store';
import { REQUESTS_AT_ONCE } from '../limits';
import { forEachAtOnce } from './at-once';

export interface SessionMarker {
  readonly v: 1;
  readonly runId: string;
  readonly fence: number;
  readonly dbKey: string;
  /** The only manifest this session's run may create. */
  readonly manifestKey: string;
  /** Session of the run's primary host, or null when this is that one. */
  readonly parent: string | null;
  /** RFC 3339 */
  readonly startedAt: string;
}

export interface SessionState {
  readonly sid: string;
  readonly ended: boolean;
  /** Number of the newest heartbeat; 0 before the first. */
  readonly heartbeats: number;
  /** All objects of the session. */
  readonly keys: readonly string[];
}

export interface OpenSession extends SessionState {
  readonly marker: SessionMarker;
}

export function sessionKey(sid: string): string {
  return `session/${sid}`;
}

/** All sessions the bucket knows, by session id. */
export async function listSessions(store: ObjectStore): Promise<Map<string, SessionState>> {
  const sessions = new Map<string, SessionState>();
  for await (const { key } of store.list('session/')) {
    const [, sid = '', suffix = ''] = /^session\/([^.]+)(.*)$/.exec(key) ?? [];
    const known = sessions.get(sid) ?? { sid, ended: false, heartbeats: 0, keys: [] };
    const heartbeat = Number(/^\.hb\.(\d+)$/.exec(suffix)?.[1] ?? 0);
    sessions.set(sid, {
      sid,
      ended: known.ended || suffix === '.end',
      heartbeats: Math.max(known.heartbeats, heartbeat),
      keys: [...known.keys, key],
    });
  }
  return sessions;
}

export async function readMarker(store: ObjectStore, sid: string): Promise<SessionMarker | null> {
  const bytes = await store.get(sessionKey(sid));
  return bytes === null ? null : (JSON.parse(Buffer.from(bytes).toString('utf8')) as SessionMarker);
}

/** Sessions that have not ended, with their markers. One whose marker is gone has ended: its marker is deleted before its end marker. */
export async function listOpenSessions(store: ObjectStore): Promise<OpenSession[]> {
  const open: OpenSession[] = [];
  const candidates = [...(await listSessions(store)).values()].filter(({ ended }) => !ended);
  await forEachAtOnce(candidates, REQUESTS_AT_ONCE, async (state) => {
    const marker = await readMarker(store, state.sid);
    if (marker !== null) open.push({ ...state, marker });
  });
  return open;
}

/** When the writer showed last that it lives. */
export async function lastSignOfLife(store: ObjectStore, session: OpenSession): Promise<Date> {
  const newest =
    session.heartbeats === 0 ? null : await store.get(`${sessionKey(session.sid)}.hb.${session.heartbeats}`);
  return new Date(newest === null ? session.marker.startedAt : Buffer.from(newest).toString('utf8'));
}

export async function endSession(store: ObjectStore, sid: string, at: Date): Promise<void> {
  await store.create(`${sessionKey(sid)}.end`, Buffer.from(at.toISOString()));
}

/** Whether somebody ended it: a deleted session loses its marker first and its end marker last. */
export async function hasEnded(store: ObjectStore, sid: string): Promise<boolean> {
  return (
    (await store.head(`${sessionKey(sid)}.end`)) !== null || (await store.head(sessionKey(sid))) === null
  );
}
