/** What CONFIGURE left in the control file, as far as commands follow it. */
import { type ControlFile } from '../control-file/control-file';
import { type ChannelSettings, type DeviceType, type Retention } from './ast';
import { parseChannelSettings } from './parse-channel';
import { parseRetention, parseSize } from './parse-common';
import { TokenReader } from './token-reader';

type Settings = Pick<ControlFile, 'rmanConfiguration'>;

function valueOf({ rmanConfiguration }: Settings, name: string): string | undefined {
  return rmanConfiguration.find((setting) => setting.name === name)?.value;
}

/** Values of a name that occurs once per device, without the device at their head. */
function valueFor({ rmanConfiguration }: Settings, name: string, head: string): string | undefined {
  const found = rmanConfiguration.find(
    (setting) => setting.name === name && setting.value.startsWith(`${head} `),
  );
  return found?.value.slice(head.length + 1);
}

export function defaultDevice(settings: Settings): DeviceType {
  return valueOf(settings, 'DEFAULT DEVICE TYPE TO') === "'SBT_TAPE'" ? 'SBT_TAPE' : 'DISK';
}

/** Whether SBT channels can be made without an ALLOCATE: somebody configured where the library is. */
export function isDeviceConfigured({ rmanConfiguration }: Settings, device: DeviceType): boolean {
  return (
    device === 'DISK' ||
    rmanConfiguration.some(
      ({ name, value }) => name === 'CHANNEL' && value.includes(`DEVICE TYPE '${device}'`),
    )
  );
}

/** PARALLELISM of the device. */
export function parallelismOf(settings: Settings, device: DeviceType): number {
  const value = valueFor(settings, 'DEVICE TYPE', `'${device}'`) ?? '';
  return Number(/PARALLELISM\s*=?\s*(\d+)/i.exec(value)?.[1] ?? 1);
}

/** BACKUP TYPE of the device. */
export function backupTypeOf(settings: Settings, device: DeviceType): 'backupset' | 'compressed' | 'copy' {
  const value = valueFor(settings, 'DEVICE TYPE', `'${device}'`) ?? '';
  if (/\bCOPY\b/i.test(value)) return 'copy';
  return /\bCOMPRESSED\b/i.test(value) ? 'compressed' : 'backupset';
}

/** CONFIGURE MAXSETSIZE in bytes; Infinity: unlimited. */
export function maxSetBytesOf(settings: Settings): number {
  const value = valueOf(settings, 'MAXSETSIZE') ?? 'TO UNLIMITED';
  if (/UNLIMITED/i.test(value)) return Infinity;
  return parseSize(new TokenReader(value.replace(/^TO\s+/i, '')));
}

/** CONFIGURE CHANNEL n, else CONFIGURE CHANNEL, of the device; an auxiliary one has these where it has none of its own. */
export function channelSettingsOf(
  settings: Settings,
  device: DeviceType,
  { number, isAuxiliary = false }: { number: number; isAuxiliary?: boolean },
): ChannelSettings {
  const names = isAuxiliary ? ['AUXILIARY CHANNEL', 'CHANNEL'] : ['CHANNEL'];
  const found = names.flatMap((name) => [
    valueFor(settings, name, `${number} DEVICE TYPE '${device}'`),
    valueFor(settings, name, `DEVICE TYPE '${device}'`),
  ]);
  return parseChannelSettings(new TokenReader(found.find((value) => value !== undefined) ?? ''));
}

export function isAutobackupOn(settings: Settings): boolean {
  return valueOf(settings, 'CONTROLFILE AUTOBACKUP')?.toUpperCase() === 'ON';
}

export function autobackupFormatOf(settings: Settings, device: DeviceType): string | undefined {
  const name = 'CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE';
  return /TO '([^']*)'/.exec(valueFor(settings, name, `'${device}'`) ?? '')?.[1];
}

export function isOptimizationOn(settings: Settings): boolean {
  return valueOf(settings, 'BACKUP OPTIMIZATION')?.toUpperCase() === 'ON';
}

export function isEncryptionOn({ rmanConfiguration }: Settings): boolean {
  return rmanConfiguration.some(
    ({ name, value }) => name.startsWith('ENCRYPTION FOR') && value.toUpperCase() === 'ON',
  );
}

/** Copies configured for data files (and control files) or for archived logs. */
export function copiesOf(settings: Settings, of: 'DATAFILE' | 'ARCHIVELOG', device: DeviceType): number {
  const value = valueFor(settings, `${of} BACKUP COPIES FOR DEVICE TYPE`, `'${device}'`) ?? '';
  return Number(/TO (\d)/.exec(value)?.[1] ?? 1);
}

/** Names of tablespaces that BACKUP DATABASE leaves out. */
export function excludedTablespaces({ rmanConfiguration }: Settings): string[] {
  return rmanConfiguration
    .filter(({ name }) => name === 'EXCLUDE FOR TABLESPACE')
    .map(({ value }) => value.replaceAll("'", ''));
}

/** CONFIGURE RETENTION POLICY; Oracle's default is REDUNDANCY 1. Undefined: TO NONE. */
export function configuredRetention(
  settings: Settings,
): Exclude<Retention, { kind: 'configured' }> | undefined {
  const value = valueOf(settings, 'RETENTION POLICY') ?? 'TO REDUNDANCY 1';
  const found = parseRetention(new TokenReader(value.replace(/^TO\s+/i, '')));
  return found?.kind === 'configured' ? undefined : found;
}

/** Backups of a log that must exist before it may be deleted (ARCHIVELOG DELETION POLICY); 0: any time. */
export function backupsBeforeDeletion(settings: Settings): number {
  const value = valueOf(settings, 'ARCHIVELOG DELETION POLICY') ?? '';
  return Number(/BACKED UP (\d+) TIMES/i.exec(value)?.[1] ?? 0);
}

const DEFAULTS: [string, string][] = [
  ['RETENTION POLICY', 'TO REDUNDANCY 1'],
  ['BACKUP OPTIMIZATION', 'OFF'],
  ['DEFAULT DEVICE TYPE TO', 'DISK'],
  ['CONTROLFILE AUTOBACKUP', 'OFF'],
  ['CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE', "DISK TO '%F'"],
  ['DEVICE TYPE', 'DISK PARALLELISM 1 BACKUP TYPE TO BACKUPSET'],
  ['DATAFILE BACKUP COPIES FOR DEVICE TYPE', 'DISK TO 1'],
  ['ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE', 'DISK TO 1'],
  ['MAXSETSIZE', 'TO UNLIMITED'],
  ['ENCRYPTION FOR DATABASE', 'OFF'],
  ['ENCRYPTION ALGORITHM', "'AES128'"],
  ['COMPRESSION ALGORITHM', "'BASIC' AS OF RELEASE 'DEFAULT' OPTIMIZE FOR LOAD TRUE"],
  ['RMAN OUTPUT', 'TO KEEP FOR 7 DAYS'],
  ['ARCHIVELOG DELETION POLICY', 'TO NONE'],
];

/** The lines of SHOW; `names` null: all of them, defaults marked. */
export function showLines({ rmanConfiguration }: Settings, names: string[] | null): string[] {
  const set = rmanConfiguration.map(({ name, value }) => ({ name, line: `CONFIGURE ${name} ${value};` }));
  const defaults = DEFAULTS.filter(
    ([name]) => !rmanConfiguration.some((setting) => setting.name === name),
  ).map(([name, value]) => ({ name, line: `CONFIGURE ${name} ${value}; # default` }));
  const all = [...set, ...defaults];
  if (names === null) return all.map(({ line }) => line);
  return all
    .filter(({ name }) => names.some((wanted) => name === wanted || name.startsWith(`${wanted} `)))
    .map(({ line }) => line);
}
