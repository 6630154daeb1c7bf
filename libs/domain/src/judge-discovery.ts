// What discoveries of all hosts say about the databases that were known before: new, the same, moved, renamed, vanished, back again, a
// second database with the same DBID. Judged over the last sightings of every host, so that the order in which hosts look does not matter.
import { type FoundDatabaseId, type HostId } from './ids';
import { type Scn } from './scn';

export interface SeenIdentity {
  readonly dbid: string;
  readonly dbName: string;
  readonly dbUniqueName: string;
  /** RESETLOGS_CHANGE# of the current incarnation. */
  readonly resetlogsScn: Scn;
}

export interface Place {
  readonly hostId: HostId;
  readonly sid: string;
  readonly oracleHome: string;
}

/** An instance in the last sightings of its host. */
export interface Sighting extends Place {
  /** False for one that is configured there and down. */
  readonly running: boolean;
  /** It belongs to a cluster: other hosts may rightly run the same database. */
  readonly clustered: boolean;
  /** Null when it could not be asked who it is. */
  readonly identity: SeenIdentity | null;
}

export interface KnownDatabase {
  readonly id: FoundDatabaseId;
  readonly identity: SeenIdentity;
  readonly state: 'seen' | 'vanished';
  /** Runs at several hosts that are no cluster; stands until one of them is left. */
  readonly duplicate: boolean;
  /** Where its backups run. */
  readonly place: Place;
  /** The host of that place has looked since the database got it: before, that it is not seen there means nothing. */
  readonly placeLooked: boolean;
  readonly instances: readonly Pick<Place, 'hostId' | 'sid'>[];
}

export const discoveryEventKinds = [
  'new',
  'moved',
  'renamed',
  'vanished',
  'returned',
  'clone',
  'duplicate',
] as const;
export type DiscoveryEventKind = (typeof discoveryEventKinds)[number];

export interface DiscoveryEvent {
  readonly kind: DiscoveryEventKind;
  readonly detail: string;
}

export interface JudgedDatabase extends Omit<KnownDatabase, 'id' | 'instances' | 'placeLooked'> {
  /** Null for one that was not known. */
  readonly id: FoundDatabaseId | null;
  /** Where it is seen now; of a vanished one none. */
  readonly sightings: readonly Sighting[];
  readonly events: readonly DiscoveryEvent[];
}

/** @param sightings the last ones of every host that ever looked. @param known what earlier judgements made of theirs. */
export function judgeDiscovery(
  sightings: readonly Sighting[],
  known: readonly KnownDatabase[],
): JudgedDatabase[] {
  const groups = Map.groupBy(
    sightings.filter((s) => s.identity !== null),
    (s) => keyOf(s.identity),
  );
  const judged: JudgedDatabase[] = [];
  const missing: KnownDatabase[] = [];
  for (const database of known) {
    const seen = [...(groups.get(keyOf(database.identity)) ?? []), ...unnamed(sightings, database)];
    groups.delete(keyOf(database.identity));
    if (seen.length === 0) missing.push(database);
    else judged.push(judgeSeen(database, seen, identityIn(seen) ?? database.identity));
  }
  for (const database of missing) {
    const renamed = [...groups.values()].find((group) => isRenamed(database, group));
    const identity = renamed === undefined ? null : identityIn(renamed);
    if (renamed === undefined || identity === null) judged.push(judgeMissing(database));
    else {
      groups.delete(keyOf(identity));
      judged.push(judgeSeen(database, renamed, identity));
    }
  }
  for (const group of groups.values()) judged.push(...judgeNew(group, judged));
  return judged;
}

function keyOf(identity: SeenIdentity | null): string {
  return `${identity?.dbid ?? ''}/${identity?.dbUniqueName.toUpperCase() ?? ''}`;
}

function identityIn(seen: readonly Sighting[]): SeenIdentity | null {
  return (seen.find((s) => s.running && s.identity !== null) ?? seen[0])?.identity ?? null;
}

/** Instances that did not say who they are, where this database was before. */
function unnamed(sightings: readonly Sighting[], { instances }: KnownDatabase): Sighting[] {
  return sightings.filter(
    (s) => s.identity === null && instances.some((i) => i.hostId === s.hostId && i.sid === s.sid),
  );
}

/** Another name on a host of its own, with DBID and incarnation kept: the old name is nowhere any more. */
function isRenamed({ identity, instances }: KnownDatabase, group: readonly Sighting[]): boolean {
  return group.some(
    (s) =>
      s.identity?.dbid === identity.dbid &&
      s.identity.resetlogsScn === identity.resetlogsScn &&
      instances.some((i) => i.hostId === s.hostId),
  );
}

function judgeSeen(
  known: KnownDatabase,
  sightings: readonly Sighting[],
  identity: SeenIdentity,
): JudgedDatabase {
  const duplicate = isDuplicate(sightings);
  const place = duplicate ? known.place : placeAmong(known, sightings);
  const events: DiscoveryEvent[] = [];
  if (known.state === 'vanished')
    events.push({ kind: 'returned', detail: `${identity.dbUniqueName} is seen again ${shown(place)}` });
  if (namesOf(identity) !== namesOf(known.identity)) {
    events.push({
      kind: 'renamed',
      detail: `${namesOf(known.identity)} is now ${namesOf(identity)}, with DBID ${identity.dbid} and incarnation kept`,
    });
  }
  if (!isSamePlace(place, known.place)) {
    events.push({
      kind: 'moved',
      detail: `${identity.dbUniqueName} was ${shown(known.place)} and is now ${shown(place)}`,
    });
  }
  if (duplicate && !known.duplicate) events.push(duplicateEvent(identity, sightings));
  return { id: known.id, identity, state: 'seen', duplicate, place, sightings, events };
}

function judgeMissing(known: KnownDatabase): JudgedDatabase {
  const events: DiscoveryEvent[] =
    known.state === 'vanished' || !known.placeLooked
      ? []
      : [
          {
            kind: 'vanished',
            detail: `${known.identity.dbUniqueName} was ${shown(known.place)} and is seen on none of its hosts`,
          },
        ];
  const { id, identity, place } = known;
  const state = known.placeLooked ? 'vanished' : known.state;
  return { id, identity, place, state, duplicate: false, sightings: [], events };
}

/** @param others everything else that was judged: one of the same DBID makes this a clone. */
function judgeNew(group: readonly Sighting[], others: readonly JudgedDatabase[]): JudgedDatabase[] {
  const [first] = [...group].sort(byPlace);
  const identity = first?.identity ?? null;
  if (first === undefined || identity === null) return [];
  const original = others.find((o) => o.identity.dbid === identity.dbid);
  const place = { hostId: first.hostId, sid: first.sid, oracleHome: first.oracleHome };
  const duplicate = isDuplicate(group);
  const events: DiscoveryEvent[] = [
    original === undefined
      ? { kind: 'new', detail: `${namesOf(identity)}, DBID ${identity.dbid}, ${shown(place)}` }
      : {
          kind: 'clone',
          detail: `${identity.dbUniqueName} ${shown(place)} has the DBID ${identity.dbid} of ${original.identity.dbUniqueName}: a standby or a copy, kept apart`,
        },
    ...(duplicate ? [duplicateEvent(identity, group)] : []),
  ];
  return [{ id: null, identity, state: 'seen', duplicate, place, sightings: group, events }];
}

/** Several hosts run it, and not all of them as a cluster. */
function isDuplicate(sightings: readonly Sighting[]): boolean {
  const running = sightings.filter((s) => s.running);
  return new Set(running.map((s) => s.hostId)).size > 1 && running.some((s) => !s.clustered);
}

/**
 * The place stays while the instance there runs, or belongs to a cluster and is only down, and until its host has looked. An instance that is
 * down stays where it is as long as no other one runs.
 */
function placeAmong({ place: before, placeLooked }: KnownDatabase, sightings: readonly Sighting[]): Place {
  const there = sightings.find((s) => s.hostId === before.hostId && s.sid === before.sid);
  if (there === undefined && !placeLooked) return before;
  const running = sightings.filter((s) => s.running).sort(byPlace);
  const stays = there !== undefined && (there.running || there.clustered || running.length === 0);
  const chosen = stays ? there : running[0];
  if (chosen === undefined) return before;
  return { hostId: chosen.hostId, sid: chosen.sid, oracleHome: chosen.oracleHome };
}

function byPlace(a: Sighting, b: Sighting): number {
  return (
    Number(b.running) - Number(a.running) || a.sid.localeCompare(b.sid) || a.hostId.localeCompare(b.hostId)
  );
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.hostId === b.hostId && a.sid === b.sid && a.oracleHome === b.oracleHome;
}

function namesOf({ dbName, dbUniqueName }: SeenIdentity): string {
  return `${dbUniqueName} (DB_NAME ${dbName})`;
}

function shown({ hostId, sid, oracleHome }: Place): string {
  return `on ${hostId} as ${sid} in ${oracleHome}`;
}

function duplicateEvent({ dbUniqueName }: SeenIdentity, sightings: readonly Sighting[]): DiscoveryEvent {
  const hosts = [...new Set(sightings.filter((s) => s.running).map((s) => s.hostId))].sort();
  return {
    kind: 'duplicate',
    detail: `${dbUniqueName} runs on ${hosts.join(' and ')}, which are no cluster: backups stay where they were until one is left`,
  };
}
