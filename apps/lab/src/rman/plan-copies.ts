/** BACKUP AS COPY: every data file becomes an image copy on disk. */
import { join } from 'node:path';
import { type DataFile } from '../control-file/control-file';
import { type BackupOptions } from './ast';
import { type Plan } from './backup-plan';
import { type Channel } from './channel';
import { refusedLines } from './lab-error';
import { makeCopyName } from './piece-name';
import { RmanError } from './rman-error';
import { tablespaceOf } from './select-files';
import { type Session } from './session';
import { type Step } from './work-queue';

/** Throws RmanError when no channel writes to disk, or when a copy would have to be a level 1. */
export function planCopies(plan: Plan, options: BackupOptions, files: DataFile[]): Step[] {
  const { session, statement, device } = plan;
  if (files.length === 0) return [];
  if (device !== 'DISK') throw new RmanError(refusedLines('AS COPY on device type SBT_TAPE'));
  if (statement.level === 1 && statement.forRecoverOfCopy === null) {
    throw new RmanError(['RMAN-06578: INCREMENTAL LEVEL > 0 must be specified with FOR RECOVER OF']);
  }
  if (statement.level === 1) {
    session.print(...files.map(({ file }) => `no parent backup or copy of datafile ${file} found`));
  }
  return files.map((file) => copyStep(plan, options, file));
}

function copyStep(plan: Plan, options: BackupOptions, record: DataFile): Step {
  const { session, statement } = plan;
  const { file, name } = record;
  const corruptMax = session.settings.corruptMax.get(file) ?? session.settings.corruptMax.get(name) ?? 0;
  const job = {
    kind: 'copy-file',
    file: { file, incrementalScn: '0', corruptMax },
    level: statement.level === null ? null : 0,
    tag: statement.forRecoverOfCopy?.tag ?? options.tag ?? plan.tag,
  } as const;
  return {
    channel: options.channel ?? null,
    run: async (channel) => {
      const path = await pathOf(plan, options, { record, channel });
      const { copy } = await channel.run({ ...job, path });
      await session.target.instance.recordDataFileCopy(copy);
    },
  };
}

async function pathOf(
  { session, controlFile }: Plan,
  options: BackupOptions,
  { record, channel }: { record: DataFile; channel: Channel },
): Promise<string> {
  const set = await session.target.instance.beginBackupSet({ content: 'data-files' });
  const format = options.format?.[0] ?? channel.format ?? '%U';
  const { dbid, dbName } = controlFile;
  const { file, name } = record;
  const parts = { ...set, dbid, dbName, file, name, tablespace: tablespaceOf(controlFile, record) };
  return inCopyDirectory(session, makeCopyName(format, { ...parts, at: session.now() }));
}

/** A name without a directory lies in the recovery area. */
function inCopyDirectory({ target }: Session, name: string): string {
  return name.startsWith('/') ? name : join(target.copyDirectory, name);
}
