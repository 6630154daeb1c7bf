// Schedules and their slots. Each local slot becomes exactly one request: the constraint on (schedule, slot) decides, whoever is first.
// Slots that went by unseen are recorded as missed, never skipped in silence.
import { reasonOf, type Schedule } from '@adyton/contracts';
import {
  laneOf,
  type AgentPresence,
  type AskedKind,
  type DatabaseId,
  type HostId,
  type MisfireRule,
  type RequestId,
  type ScheduleId,
} from '@adyton/domain';
import { sql, type Selectable } from 'kysely';
import { recordAudit } from './audit-events';
import { createRequest, type RequestCreation } from './create-request';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { noteRequestEnd } from './request-alerts';
import { now, toInstantOrNull, toJson } from './sql-values';
import { type SchedulesTable } from './tables';

export interface NewSchedule {
  readonly id: ScheduleId;
  readonly databaseId: DatabaseId;
  readonly kind: AskedKind;
  readonly cron: string;
  readonly timeZone: string;
  readonly expiryWindowMinutes: number;
  /** Its first slot; null leaves it to the scheduler. */
  readonly nextAt: Date | null;
  readonly jitterSeconds?: number;
  readonly misfire?: MisfireRule;
  readonly principal: string;
}

export function createSchedule(session: LedgerSession, schedule: NewSchedule): Promise<Schedule> {
  return inTransaction(session, async (tx) => {
    const row = await tx
      .insertInto('schedules')
      .values({
        id: schedule.id,
        database_id: schedule.databaseId,
        kind: schedule.kind,
        cron: schedule.cron,
        time_zone: schedule.timeZone,
        expiry_window_minutes: schedule.expiryWindowMinutes,
        next_at: schedule.nextAt,
        last_slot_at: null,
        jitter_seconds: schedule.jitterSeconds ?? 0,
        misfire: schedule.misfire ?? 'run-once',
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(tx, [
      {
        principal: schedule.principal,
        action: 'schedule.created',
        subjectId: schedule.id,
        databaseId: schedule.databaseId,
      },
    ]);
    return toSchedule(row);
  });
}

/** A database has a handful of schedules. */
export async function listSchedules(session: LedgerSession, databaseId: DatabaseId): Promise<Schedule[]> {
  const rows = await session
    .selectFrom('schedules')
    .selectAll()
    .where('database_id', '=', databaseId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toSchedule);
}

/** @returns false when there is no such schedule. */
export function deleteSchedule(session: LedgerSession, id: string, principal: string): Promise<boolean> {
  return inTransaction(session, async (tx) => {
    const row = await tx
      .deleteFrom('schedules')
      .where('id', '=', id as ScheduleId)
      .returning(['id', 'database_id'])
      .executeTakeFirst();
    if (row === undefined) return false;
    await recordAudit(tx, [
      { principal, action: 'schedule.deleted', subjectId: row.id, databaseId: row.database_id },
    ]);
    return true;
  });
}

export interface DueSchedule {
  readonly id: ScheduleId;
  readonly databaseId: DatabaseId;
  readonly hostId: HostId;
  readonly kind: AskedKind;
  readonly cron: string;
  readonly timeZone: string;
  readonly expiryWindowMinutes: number;
  readonly jitterSeconds: number;
  readonly misfire: MisfireRule;
  /** Slots after this moment and up to `now` have no request yet. */
  readonly slotsAfter: Date;
  /** Null for a schedule that was never planned: only its next slot is to be set. */
  readonly nextAt: Date | null;
  /** Postgres time of this look; slots up to it are due. */
  readonly now: Date;
}

/** Enabled schedules whose next slot has come, or was never worked out; those that wait longest first. */
export async function findDueSchedules(session: LedgerSession, limit: number): Promise<DueSchedule[]> {
  const at = await readNow(session);
  const rows = await session
    .selectFrom('schedules')
    .innerJoin('databases', 'databases.id', 'schedules.database_id')
    .selectAll('schedules')
    .select('databases.host_id')
    .where('schedules.enabled', '=', true)
    .where((e) => e.or([e('schedules.next_at', 'is', null), e('schedules.next_at', '<=', at)]))
    .orderBy('schedules.next_at')
    .limit(limit)
    .execute();
  return rows.map((r) => ({
    id: r.id,
    databaseId: r.database_id,
    hostId: r.host_id,
    kind: r.kind,
    cron: r.cron,
    timeZone: r.time_zone,
    expiryWindowMinutes: r.expiry_window_minutes,
    jitterSeconds: r.jitter_seconds,
    misfire: r.misfire,
    slotsAfter: r.last_slot_at ?? r.created_at,
    nextAt: r.next_at,
    now: at,
  }));
}

/** Until the next slot that is not due yet, by Postgres time; null when none is planned. */
export async function readNextDueInMs(session: LedgerSession): Promise<number | null> {
  const row = await session
    .selectFrom('schedules')
    .select(sql<number | null>`(extract(epoch FROM min(next_at) - adyton.now()) * 1000)::float8`.as('ms'))
    .where('enabled', '=', true)
    .where('next_at', '>', now)
    .executeTakeFirst();
  return row?.ms ?? null;
}

export interface Slot {
  /** Id of the request to be. */
  readonly requestId: RequestId;
  readonly scheduledAt: Date;
}

export interface SlotsToMaterialise {
  readonly schedule: DueSchedule;
  /** Slots that go on record as missed, oldest first. */
  readonly missed: readonly Slot[];
  /** The slot that is to run, newer than all missed ones. */
  readonly run: Slot | null;
  /** The slot after `now`; null when the schedule has none any more. */
  readonly nextAt: Date | null;
  readonly presence: AgentPresence;
  readonly claimSeconds: number;
}

export interface MaterialisedSlots {
  /** Slots that went by and are on record as missed. */
  readonly missed: number;
  /** What became of the newest slot; null when there was none or another scheduler was first. */
  readonly newest: RequestCreation | null;
}

/** Two schedulers may do this at once: the schedule's row is locked, and the second finds the slots taken. */
export function materialiseSlots(
  session: LedgerSession,
  input: SlotsToMaterialise,
): Promise<MaterialisedSlots> {
  return inTransaction(session, async (tx) => {
    if (!(await lockUnchanged(tx, input.schedule))) return { missed: 0, newest: null };
    const newest = input.run ?? input.missed.at(-1);
    let missed = 0;
    for (const slot of input.missed) missed += (await recordMissed(tx, input.schedule, slot)) ? 1 : 0;
    const creation = input.run === null ? null : await requestSlot(tx, input, input.run);
    await tx
      .updateTable('schedules')
      .set({ next_at: input.nextAt, ...(newest === undefined ? {} : { last_slot_at: newest.scheduledAt }) })
      .where('id', '=', input.schedule.id)
      .execute();
    return { missed, newest: creation };
  });
}

async function lockUnchanged(tx: LedgerSession, seen: DueSchedule): Promise<boolean> {
  const row = await tx
    .selectFrom('schedules')
    .select(['next_at', 'last_slot_at', 'created_at'])
    .where('id', '=', seen.id)
    .where('enabled', '=', true)
    .forUpdate()
    .executeTakeFirst();
  return (
    row !== undefined &&
    row.next_at?.getTime() === seen.nextAt?.getTime() &&
    (row.last_slot_at ?? row.created_at).getTime() === seen.slotsAfter.getTime()
  );
}

async function requestSlot(
  tx: LedgerSession,
  input: SlotsToMaterialise,
  slot: Slot,
): Promise<RequestCreation> {
  const { schedule } = input;
  return createRequest(tx, {
    id: slot.requestId,
    databaseId: schedule.databaseId,
    operation: 'backup',
    trigger: 'scheduled',
    kind: schedule.kind,
    lane: laneOf(schedule.kind),
    principal: 'system',
    presence: input.presence,
    claimSeconds: input.claimSeconds,
    scheduleId: schedule.id,
    scheduledAt: slot.scheduledAt,
    expiresAt: expiryOf(schedule, slot.scheduledAt),
  });
}

async function recordMissed(tx: LedgerSession, schedule: DueSchedule, slot: Slot): Promise<boolean> {
  const reason = reasonOf('ADY_MISSED', 'the scheduler was not running when this slot came');
  const row = await tx
    .insertInto('requests')
    .values({
      id: slot.requestId,
      database_id: schedule.databaseId,
      operation: 'backup',
      trigger: 'scheduled',
      kind: schedule.kind,
      lane: laneOf(schedule.kind),
      state: 'missed',
      reason: toJson(reason),
      principal: 'system',
      schedule_id: schedule.id,
      scheduled_at: slot.scheduledAt,
      expires_at: expiryOf(schedule, slot.scheduledAt),
      claim_by: null,
      replay_of: null,
      restore_plan_id: null,
      dispatched_at: null,
      finished_at: now,
    })
    .onConflict((c) => c.constraint('one_request_a_slot').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await recordAudit(tx, [
    {
      principal: 'system',
      action: 'request.missed',
      subjectId: row.id,
      databaseId: schedule.databaseId,
      reason,
    },
  ]);
  const { databaseId, kind } = schedule;
  const ended = { id: row.id, databaseId, lane: laneOf(kind), to: 'missed', reason } as const;
  await noteRequestEnd(tx, { ...ended, principal: 'system' });
  return true;
}

const MS_PER_MINUTE = 60_000;

function expiryOf(schedule: DueSchedule, slotAt: Date): Date {
  return new Date(slotAt.getTime() + schedule.expiryWindowMinutes * MS_PER_MINUTE);
}

function toSchedule(row: Selectable<SchedulesTable>): Schedule {
  return {
    id: row.id,
    databaseId: row.database_id,
    kind: row.kind,
    cron: row.cron,
    timeZone: row.time_zone,
    expiryWindowMinutes: row.expiry_window_minutes,
    jitterSeconds: row.jitter_seconds,
    misfire: row.misfire,
    ofPolicy: row.of_policy,
    enabled: row.enabled,
    nextAt: toInstantOrNull(row.next_at),
  };
}
