/**
 * RESTORE … FROM AUTOBACKUP: names of the form %F are asked for, day by day backwards and on each day from the highest
 * sequence down, until the media manager knows one.
 */
import { type RestoreFrom } from './ast';
import { onDisk } from './backup-plan';
import { type Channel } from './channel';
import { makePieceName } from './piece-name';
import { RmanError } from './rman-error';
import { type Session } from './session';

const DAY_MS = 86_400_000;

/** Answers the handle. Throws RMAN-06495 without SET DBID before the database is mounted, RMAN-06172 when none is found. */
export async function findAutobackup(
  session: Session,
  { sequencesMax, daysMax }: Extract<RestoreFrom, { kind: 'autobackup' }>,
): Promise<string> {
  const { dbid, dbName } = await session.target.instance.identity({});
  const wanted = dbid === 0 ? session.dbid : dbid;
  if (wanted === null) {
    throw new RmanError(['RMAN-06495: must explicitly specify DBID with SET DBID command']);
  }
  const [channel] = session.usableChannels();
  for (let day = 0; channel !== undefined && day < daysMax; day++) {
    const at = new Date(session.now().getTime() - day * DAY_MS);
    const found = await lookOnDay(session, channel, { dbid: wanted, dbName, at, sequencesMax });
    if (found !== undefined) return found;
  }
  throw new RmanError(['RMAN-06172: no AUTOBACKUP found or specified handle is not a valid copy or piece']);
}

interface Day {
  dbid: number;
  dbName: string;
  at: Date;
  sequencesMax: number;
}

async function lookOnDay(
  session: Session,
  channel: Channel,
  { dbid, dbName, at, sequencesMax }: Day,
): Promise<string | undefined> {
  const { name, device } = channel;
  const day = at.toISOString().slice(0, 10).replaceAll('-', '');
  session.print(`channel ${name}: looking for AUTOBACKUP on day: ${day}`);
  const format = session.settings.autobackupFormats.get(device) ?? '%F';
  const parts = { dbid, dbName, setStamp: 0, setCount: 0, piece: 1, copy: 1, at };
  const handles = Array.from({ length: sequencesMax }, (_, i) => {
    const handle = makePieceName([format], { ...parts, autobackup: sequencesMax - 1 - i });
    return device === 'DISK' ? onDisk(session, handle) : handle;
  });
  const { found } = await channel.run({ kind: 'info', handles });
  const handle = handles[found.indexOf(true)];
  if (handle !== undefined) session.print(`channel ${name}: AUTOBACKUP found: ${handle}`);
  return handle;
}
