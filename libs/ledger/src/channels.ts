// Notification channels: where alerts are sent to. The signing secret lies here sealed and leaves only to the worker that signs.
import { NOTIFICATION_CHANNELS_MAX, type ChangeChannel, type NotificationChannel } from '@adyton/contracts';
import { type ChannelId } from '@adyton/domain';
import { type Selectable } from 'kysely';
import { type ChannelsTable } from './alert-tables';
import { resolveAlerts } from './alerts';
import { recordAudit } from './audit-events';
import { inTransaction, type LedgerSession } from './ledger';
import { refuse, type Refusal } from './refusal';
import { toInstant } from './sql-values';

export interface NewChannel extends Pick<
  NotificationChannel,
  'id' | 'name' | 'url' | 'minSeverity' | 'enabled'
> {
  readonly secretSealed: Buffer;
  readonly principal: string;
}

/** All columns but the secret. */
const COLUMNS = ['id', 'name', 'kind', 'url', 'min_severity', 'enabled', 'created_at'] as const;

export function createChannel(
  session: LedgerSession,
  channel: NewChannel,
): Promise<NotificationChannel | Refusal> {
  return inTransaction(session, async (tx) => {
    const { count } = await tx
      .selectFrom('notification_channels')
      .select((e) => e.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    if (count >= NOTIFICATION_CHANNELS_MAX)
      return refuse('ADY_CHANNELS_FULL', `there are ${count} channels, at most ${NOTIFICATION_CHANNELS_MAX}`);
    const row = await tx
      .insertInto('notification_channels')
      .values({
        id: channel.id,
        name: channel.name,
        kind: 'webhook',
        url: channel.url,
        min_severity: channel.minSeverity,
        enabled: channel.enabled,
        secret_sealed: channel.secretSealed,
      })
      .onConflict((c) => c.column('name').doNothing())
      .returning(COLUMNS)
      .executeTakeFirst();
    if (row === undefined) return alreadyNamed(channel.name);
    await record(tx, channel.principal, 'channel.created', row);
    return toChannel(row);
  });
}

export async function listChannels(session: LedgerSession): Promise<NotificationChannel[]> {
  const rows = await session.selectFrom('notification_channels').select(COLUMNS).orderBy('name').execute();
  return rows.map(toChannel);
}

export async function findChannel(
  session: LedgerSession,
  nameOrId: string,
): Promise<NotificationChannel | undefined> {
  const row = await session
    .selectFrom('notification_channels')
    .select(COLUMNS)
    .where((e) => e.or([e('name', '=', nameOrId), e('id', '=', nameOrId as ChannelId)]))
    .executeTakeFirst();
  return row === undefined ? undefined : toChannel(row);
}

export interface ChannelChange {
  readonly id: ChannelId;
  readonly change: ChangeChannel;
  readonly principal: string;
}

export function changeChannel(
  session: LedgerSession,
  { id, change, principal }: ChannelChange,
): Promise<NotificationChannel | Refusal> {
  return inTransaction(session, async (tx) => {
    if (change.name !== undefined) {
      const named = await findChannel(tx, change.name);
      if (named !== undefined && named.id !== id) return alreadyNamed(change.name);
    }
    const row = await tx
      .updateTable('notification_channels')
      .set({
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.url === undefined ? {} : { url: change.url }),
        ...(change.minSeverity === undefined ? {} : { min_severity: change.minSeverity }),
        ...(change.enabled === undefined ? {} : { enabled: change.enabled }),
      })
      .where('id', '=', id)
      .returning(COLUMNS)
      .executeTakeFirst();
    if (row === undefined) return refuse('ADY_NOT_FOUND', `there is no notification channel ${id}`);
    await record(tx, principal, 'channel.changed', row);
    return toChannel(row);
  });
}

/** What was not delivered yet goes with it. @returns false when there is none. */
export function deleteChannel(session: LedgerSession, id: ChannelId, principal: string): Promise<boolean> {
  return inTransaction(session, async (tx) => {
    const row = await tx
      .deleteFrom('notification_channels')
      .where('id', '=', id)
      .returning(COLUMNS)
      .executeTakeFirst();
    if (row === undefined) return false;
    await record(tx, principal, 'channel.deleted', row);
    await resolveAlerts(tx, {
      kinds: ['notification_failed'],
      subject: id,
      resolution: `channel ${row.name} was removed`,
      principal,
    });
    return true;
  });
}

type ChannelRow = Pick<Selectable<ChannelsTable>, (typeof COLUMNS)[number]>;

function record(tx: LedgerSession, principal: string, action: string, row: ChannelRow): Promise<void> {
  const detail = `${row.name}: ${row.enabled ? 'enabled' : 'disabled'}, ${row.min_severity} and worse, ${row.url}`;
  return recordAudit(tx, [{ principal, action, subjectId: row.id, detail }]);
}

function alreadyNamed(name: string): Refusal {
  return refuse('ADY_ALREADY_EXISTS', `a notification channel named ${name} exists`);
}

function toChannel(row: ChannelRow): NotificationChannel {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    url: row.url,
    minSeverity: row.min_severity,
    enabled: row.enabled,
    createdAt: toInstant(row.created_at),
  };
}
