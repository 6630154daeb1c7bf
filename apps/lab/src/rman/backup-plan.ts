/** What the parts of one BACKUP command share while its steps are planned. */
import { join } from 'node:path';
import { type ControlFile } from '../control-file/control-file';
import { type BackupOptions, type BackupStatement, type DeviceType, type Keep } from './ast';
import { type Channel } from './channel';
import { type SetOptions } from './channel-protocol';
import { backupTypeOf, copiesOf } from './configuration';
import { DEFAULT_FORMAT } from './piece-name';
import { parseDate } from './rman-date';
import { type Session } from './session';

export interface Plan {
  session: Session;
  statement: BackupStatement;
  controlFile: ControlFile;
  tag: string;
  device: DeviceType;
  /** Channels the sets are spread over. */
  channels: number;
}

/** Oracle's own limit for files of one set, when FILESPERSET says nothing. */
const FILES_PER_SET_DEFAULT = 64;

/** FORMAT of the specification, the command, the channel; a path for disk. */
export function setOptions(
  plan: Plan,
  options: BackupOptions,
  { channel, of }: { channel: Channel; of: 'DATAFILE' | 'ARCHIVELOG' },
): SetOptions {
  const { session, statement, controlFile, device } = plan;
  const given = options.format ?? (channel.format === null ? [DEFAULT_FORMAT] : [channel.format]);
  const configured = copiesOf(controlFile, of, device);
  return {
    formats: device === 'DISK' ? given.map((format) => onDisk(session, format)) : given,
    tag: options.tag ?? statement.forRecoverOfCopy?.tag ?? plan.tag,
    level: statement.level,
    copies: statement.copies ?? session.settings.backupCopies ?? configured,
    compressed:
      statement.as === 'compressed' ||
      (statement.as === 'default' && backupTypeOf(controlFile, device) === 'compressed'),
    keepUntil: keepUntilOf(session, options.keep),
    validate: statement.validate,
  };
}

/** A name without a directory lies in the recovery area. */
export function onDisk({ target }: Session, format: string): string {
  return format.startsWith('/') ? format : join(target.backupDirectory, format);
}

/** Null: as the retention policy says. */
export function keepUntilOf({ dateFormat }: Session, keep: Keep | undefined): string | null {
  if (keep === undefined || keep.kind === 'nokeep') return null;
  return keep.kind === 'forever' ? 'FOREVER' : parseDate(keep.text, dateFormat).toISOString();
}

/** FILESPERSET, or fewer when that keeps more channels busy. */
export function filesPerSet({ channels }: Plan, options: BackupOptions, files: number): number {
  const share = Math.ceil(files / channels);
  return Math.max(1, Math.min(options.filesPerSet ?? FILES_PER_SET_DEFAULT, share));
}
