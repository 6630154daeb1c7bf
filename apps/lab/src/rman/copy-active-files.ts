/**
 * DUPLICATE … FROM ACTIVE DATABASE: the target's own channels write image copies of its data files where the new database wants them. No
 * backup is needed, and the target's control file learns nothing of the copies.
 */
import { rmSync } from 'node:fs';
import { type ControlFile } from '../control-file/control-file';
import { type NewNames } from './duplicate-files';
import { RmanError } from './rman-error';
import { needChannels } from './run-channels';
import { type Session } from './session';
import { type Step, workOff } from './work-queue';

interface CopiedDatabase {
  /** As it is afterwards, with the log that makes the copies consistent. */
  controlFile: ControlFile;
  /** Nobody wrote meanwhile: no redo is needed. */
  isConsistent: boolean;
}

export async function copyActiveFiles(
  session: Session,
  { dataFiles }: ControlFile,
  names: NewNames,
): Promise<CopiedDatabase> {
  const channels = await needChannels(session, 'DISK');
  if (!channels.some(({ device }) => device === 'DISK'))
    throw new RmanError(['RMAN-06034: at least 1 channel must be allocated to execute this command']);
  const places = dataFiles.map(({ file }) => ({ file, path: names.get(file) ?? '' }));
  announce(session, places);
  session.print('', `Starting backup at ${session.dateNow()}`);
  await workOff(session, places.map(stepOf), { command: 'backup', rerun: 'any-failure' });
  session.print(`Finished backup at ${session.dateNow()}`);
  const { instance } = session.target;
  const isOpen = (await instance.identity({})).status === 'OPEN';
  if (isOpen) {
    await instance.archiveLogCurrent({});
    session.print('', 'sql statement: alter system archive log current');
  }
  return { controlFile: await instance.readControlFile({}), isConsistent: !isOpen };
}

interface Place {
  file: number;
  path: string;
}

function announce(session: Session, places: Place[]): void {
  session.print('', 'contents of Memory Script:', '{', '   backup as copy reuse');
  for (const { file, path } of places) {
    session.print(`   datafile ${String(file).padStart(2)} auxiliary format `, ` "${path}"`);
  }
  session.print('   ;', "   sql 'alter system archive log current';", '}', 'executing Memory Script');
}

/** REUSE: what an earlier attempt left goes. */
function stepOf({ file, path }: Place): Step {
  return {
    channel: null,
    device: 'DISK',
    run: async (channel) => {
      rmSync(path, { force: true });
      const wanted = { file, incrementalScn: '0', corruptMax: 0 };
      await channel.run({ kind: 'copy-file', file: wanted, level: null, path, tag: null });
    },
  };
}
