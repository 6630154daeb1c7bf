/** The auxiliary instance of DUPLICATE: how rman comes to it, and its channels. */
import { type DeviceType, type DuplicateSource } from './ast';
import { type Channel, ChannelError } from './channel';
import { channelSettingsOf, defaultDevice, isDeviceConfigured, parallelismOf } from './configuration';
import { resolveConnect } from './connect-string';
import { RmanError } from './rman-error';
import { openChannel } from './run-channels';
import { type Session } from './session';
import { TargetDatabase, type TargetPlace } from './target-database';

/** `login`: `user/password@name`, quoted or not, or `/` for the instance of ORACLE_SID. Throws RmanError with RMAN-04006. */
export async function connectAuxiliary(session: Session, login: string): Promise<void> {
  const text = /^(['"]?)(.*)\1$/s.exec(login.trim())?.[2] ?? '';
  const place = text.includes('@') ? await placeBehind(session, text) : placeOfThisHost(session);
  session.auxiliary = await TargetDatabase.connect(place);
  const { status, dbName, dbid } = await session.auxiliary.instance.identity({});
  const what = status === 'STARTED' ? `${place.sid} (not mounted)` : `${dbName} (DBID=${dbid})`;
  session.print(`connected to auxiliary database: ${what}`, '');
}

async function placeBehind({ target: { oracleHome } }: Session, text: string): Promise<TargetPlace> {
  const file = await resolveConnect(oracleHome, text, { channel: 'auxiliary' }).catch((error: unknown) => {
    if (!(error instanceof ChannelError)) throw error;
    throw new RmanError([`RMAN-04006: error from auxiliary database: ${error.lines.at(-1) ?? ''}`]);
  });
  return { oracleHome, sid: file.sid };
}

/** ORACLE_SID is the target, unless rman has none. */
function placeOfThisHost({ isConnected, target }: Session): TargetPlace {
  if (!isConnected) return target.place;
  throw new RmanError([
    'RMAN-04006: error from auxiliary database: ORA-01034: ORACLE not available (the instance of this SID is the target)',
  ]);
}

/** Those of ALLOCATE AUXILIARY CHANNEL, else automatic ones as configured. Throws RMAN-05503 when there are none. */
export async function needAuxiliaryChannels(session: Session, { kind }: DuplicateSource): Promise<Channel[]> {
  if (session.auxiliaries.length > 0) return session.auxiliaries.filter(({ isDead }) => !isDead);
  // A directory of pieces has no target to ask: a channel of the disk serves.
  const settings =
    kind === 'location' ? { rmanConfiguration: [] } : await session.target.instance.readControlFile({});
  const device: DeviceType = defaultDevice(settings);
  if (!isDeviceConfigured(settings, device)) {
    throw new RmanError([
      'RMAN-05503: at least one auxiliary channel must be allocated to execute this command',
    ]);
  }
  for (let number = 1; number <= parallelismOf(settings, device); number++) {
    const options = channelSettingsOf(settings, device, { number, isAuxiliary: true });
    const name = `ORA_AUX_${device}_${number}`;
    session.auxiliaries.push(await openChannel(session, { name, device, ...options }, session.auxiliary));
  }
  return session.auxiliaries;
}
