/** ALLOCATE, RELEASE, SEND, and the channels RMAN makes by itself from CONFIGURE. */
import { claimFault, faultLines } from '../faults/rman-faults';
import {
  type ChannelOptions,
  type ChannelRole,
  type ChannelSettings,
  type DeviceType,
  type Statement,
} from './ast';
import { Channel, ChannelError } from './channel';
import { type OpenJob } from './channel-protocol';
import { channelSettingsOf, defaultDevice, isDeviceConfigured, parallelismOf } from './configuration';
import { hasWallet, resolveConnect } from './connect-string';
import { parseParms } from './parms';
import { RmanError } from './rman-error';
import { type Session } from './session';
import { type TargetDatabase } from './target-database';

/** Most channels of one RUN block, Oracle's limit. */
const CHANNELS_MAX = 255;

export async function allocate(session: Session, options: ChannelOptions, role: ChannelRole): Promise<void> {
  const { name } = options;
  const channels = {
    job: session.channels,
    maintenance: session.maintenance,
    auxiliary: session.auxiliaries,
  }[role];
  if (channels.some((known) => known.name.toUpperCase() === name.toUpperCase())) {
    throw new RmanError([`RMAN-06474: channel ${name} is already allocated`]);
  }
  if (channels.length >= CHANNELS_MAX) throw new RmanError(['RMAN-06900: too many channels']);
  const target = role === 'auxiliary' ? session.auxiliary : session.target;
  channels.push(await openChannel(session, options, target));
  session.print('');
}

export async function openChannel(
  session: Session,
  options: ChannelOptions,
  target: TargetDatabase = session.target,
): Promise<Channel> {
  const { name, device, parms, connect } = options;
  // Without an instance there is no server process to load the library.
  void target.instance;
  const { ipcSocket: socketPath } =
    connect === null
      ? { ipcSocket: target.socketPath }
      : await resolveConnect(target.oracleHome, withLogin(session, connect, name), { channel: name });
  const job: OpenJob = {
    kind: 'open',
    name,
    device,
    base: target.base,
    socketPath,
    parms: parseParms(parms, device),
    dateFormat: session.dateFormat,
    commandId: session.commandId,
    settings: options,
  };
  return Channel.allocate(job, session.listener);
}

/** `@place` alone: the channel logs in as rman did, which the operating system cannot vouch for on another host. */
function withLogin({ login, target }: Session, connect: string, channel: string): string {
  if (!connect.startsWith('@')) return connect;
  if (login !== null) return `${login}${connect}`;
  if (hasWallet(target.oracleHome)) return connect;
  throw new ChannelError(channel, faultLines('channel-bad-password', { channel }));
}

/** `name` null: the maintenance channels. */
export async function release(session: Session, name: string | null): Promise<void> {
  if (name === null) {
    await session.releaseMaintenance();
    return;
  }
  const channel = named([...session.channels, ...session.auxiliaries], name);
  session.forget(channel);
  const failure = await channel.close();
  if (failure !== undefined) throw failure;
  session.print(`released channel: ${name}`);
}

export async function send(
  session: Session,
  { text, channels: names }: Extract<Statement, { kind: 'send' }>,
): Promise<void> {
  const all = [...session.channels, ...session.maintenance];
  const channels = names === null ? all : names.map((name) => named(all, name));
  for (const channel of channels) {
    await channel.run({ kind: 'send', text });
    session.print(`sent command to channel: ${channel.name}`);
  }
}

function named(channels: Channel[], name: string): Channel {
  const found = channels.find((known) => known.name.toUpperCase() === name.toUpperCase());
  if (found === undefined) throw new RmanError([`RMAN-06012: channel: ${name} not allocated`]);
  return found;
}

/** Makes sure the command has channels: those of ALLOCATE, else automatic ones of the device (null: the default one). */
export async function needChannels(session: Session, device: DeviceType | null): Promise<Channel[]> {
  if (session.channels.length > 0) return session.usableChannels();
  const settings = await session.target.instance.readControlFile({});
  const wanted = device ?? defaultDevice(settings);
  const known = session.automatic.filter((channel) => !channel.isDead && channel.device === wanted);
  if (known.length > 0) {
    session.print(...known.map(({ name }) => `using channel ${name}`));
    return session.usableChannels();
  }
  await session.releaseAutomatic();
  await allocateAutomatic(session, wanted, parallelismOf(settings, wanted));
  return session.usableChannels();
}

async function allocateAutomatic(session: Session, device: DeviceType, count: number): Promise<void> {
  const settings = await session.target.instance.readControlFile({});
  for (let number = 1; number <= count; number++) {
    const options: ChannelSettings = channelSettingsOf(settings, device, { number });
    const name = `ORA_${device}_${number}`;
    session.automatic.push(await openChannel(session, { name, device, ...options }));
  }
}

/**
 * Channels for a restore, one set for each device the backups may be on: the default one, and tape when a channel of it is
 * configured.
 */
export async function needRestoreChannels(session: Session, device: DeviceType | null): Promise<void> {
  const channels = await needChannels(session, device);
  if (session.channels.length > 0 || device !== null) return;
  const settings = await session.target.instance.readControlFile({});
  const other = channels.some((channel) => channel.device === 'DISK') ? 'SBT_TAPE' : 'DISK';
  if (isDeviceConfigured(settings, other) && !session.automatic.some((channel) => channel.device === other)) {
    await allocateAutomatic(session, other, parallelismOf(settings, other));
  }
}

/** A channel of the device for CATALOG, CROSSCHECK, DELETE. Throws RMAN-06091 when none can be had. */
export async function maintenanceChannel(session: Session, device: DeviceType): Promise<Channel> {
  const { base } = session.target;
  if (claimFault(base, 'no-maintenance-channel')) throw new RmanError(faultLines('no-maintenance-channel'));
  const find = (channels: Channel[]) =>
    channels.find((channel) => !channel.isDead && channel.device === device);
  const found = find(session.maintenance) ?? find(session.channels) ?? find(session.automatic);
  if (found !== undefined) return found;
  const settings = await session.target.instance.readControlFile({});
  if (!isDeviceConfigured(settings, device)) {
    throw new RmanError(faultLines('no-maintenance-channel'));
  }
  await allocateAutomatic(session, device, 1);
  const made = find(session.automatic);
  if (made === undefined) throw new RmanError(faultLines('no-maintenance-channel'));
  return made;
}
