// What DBAs and another vendor's scripts do with RMAN on a database that we back up. Some of it RMAN or our library refuses: that is for them
// to see. None of it may cost a piece that something needs.
import { type CommandResult } from '../../../stack/src/run-command';
import { mustRman, recordedPieces, rman, throughOurLibrary } from '../rman-by-hand';
import {
  configure,
  imageCopy,
  INTERFERING_SETTINGS,
  level0ToDisk,
  type SecondVendor,
} from '../second-vendor';
import { type SeededDraw } from './seeded-draw';
import { logsMayBeGone, OUR_HANDLE, type SoakWorld } from './soak-world';

interface DbaCommand {
  readonly name: string;
  /** @returns what RMAN made of it */
  run(world: SoakWorld, draw: SeededDraw): Promise<string>;
}

/** Of the lab's small database. */
const DATA_FILES = [1, 3, 4, 7, 8, 9, 10];

const exit = ({ code }: Pick<CommandResult, 'code'>): string => `exit ${code}`;

/** Through our library, in a run by hand that is closed again. */
function ours(name: string, commands: string | ((handle: string) => string)): DbaCommand {
  return {
    name: `DBA: ${name}`,
    run: async ({ stack }, draw) => {
      const text = typeof commands === 'string' ? commands : await onOnePiece(stack, draw, commands);
      return text === null ? 'no piece' : exit(await throughOurLibrary(stack, text));
    },
  };
}

/** Without a channel: only RMAN's records change. */
function records(name: string, commands: (handle: string) => string): DbaCommand {
  return {
    name: `DBA: ${name}`,
    run: async ({ stack }, draw) => {
      const text = await onOnePiece(stack, draw, commands);
      return text === null ? 'no piece' : exit(await rman(stack, text));
    },
  };
}

function vendors(name: string, run: (vendor: SecondVendor, draw: SeededDraw) => Promise<string>): DbaCommand {
  return { name: `vendor: ${name}`, run: async ({ vendor }, draw) => afterwards(run(vendor, draw)) };
}

/** RMAN may refuse to do to a record what somebody has already done to it. */
async function afterwards(command: Promise<unknown>): Promise<string> {
  try {
    await command;
    return 'exit 0';
  } catch (error) {
    if (error instanceof Error && /^rman ended with 1\b/.test(error.message)) return 'exit 1';
    throw error;
  }
}

/** The command for one of our pieces that RMAN lists. */
async function onOnePiece(
  stack: SoakWorld['stack'],
  draw: SeededDraw,
  command: (handle: string) => string,
): Promise<string | null> {
  const handles = [...(await recordedPieces(stack))]
    .filter(([handle, status]) => status !== 'D' && OUR_HANDLE.test(handle))
    .map(([handle]) => handle);
  return handles.length === 0 ? null : command(draw.of(handles.sort()));
}

export const DBA_COMMANDS: readonly DbaCommand[] = [
  ours('CROSSCHECK BACKUP', 'CROSSCHECK BACKUP;'),
  ours('DELETE OBSOLETE', 'DELETE NOPROMPT OBSOLETE REDUNDANCY 1;'),
  ours('DELETE EXPIRED', 'DELETE NOPROMPT EXPIRED BACKUP;'),
  ours('DELETE FORCE of a piece', (handle) => `DELETE FORCE NOPROMPT BACKUPPIECE '${handle}';`),
  ours('DELETE of a piece', (handle) => `DELETE NOPROMPT BACKUPPIECE '${handle}';`),
  records('CHANGE UNCATALOG of a piece', (handle) => `CHANGE BACKUPPIECE '${handle}' UNCATALOG;\n`),
  records('CHANGE UNAVAILABLE of a piece', (handle) => `CHANGE BACKUPPIECE '${handle}' UNAVAILABLE;\n`),
  records('CHANGE AVAILABLE of a piece', (handle) => `CHANGE BACKUPPIECE '${handle}' AVAILABLE;\n`),
  vendors('level 0', (vendor) => vendor.level0()),
  vendors('level 1', (vendor) => vendor.level1()),
  vendors('level 0 of a file', (vendor, draw) => vendor.level0(draw.of(DATA_FILES))),
  vendors('backup of logs', (vendor) => vendor.backUpLogs()),
  vendors('CROSSCHECK BACKUP', (vendor) => vendor.crosscheckBackups()),
  vendors('CROSSCHECK BACKUP, DELETE EXPIRED', async (vendor) => {
    await vendor.crosscheckBackups();
    return vendor.deleteExpired();
  }),
  vendors('DELETE OBSOLETE', (vendor) => vendor.deleteObsolete('REDUNDANCY 1')),
  {
    name: 'DBA: a level 0 by hand through our library',
    run: async ({ stack }) =>
      exit(
        await throughOurLibrary(
          stack,
          ({ channel }) => `RUN { ${channel} BACKUP INCREMENTAL LEVEL 0 DATABASE PLUS ARCHIVELOG; }`,
        ),
      ),
  },
  {
    name: 'DBA: a level 0 of a file to disk',
    run: ({ stack }, draw) => afterwards(level0ToDisk(stack, draw.of(DATA_FILES))),
  },
  {
    name: 'DBA: an image copy of a file',
    run: ({ stack }, draw) => afterwards(imageCopy(stack, draw.of(DATA_FILES))),
  },
  {
    name: 'DBA: a CONFIGURE that interferes',
    run: ({ stack }, draw) => afterwards(configure(stack, draw.of(INTERFERING_SETTINGS).set)),
  },
  {
    name: 'DBA: a CONFIGURE is cleared',
    run: ({ stack }, draw) => afterwards(configure(stack, draw.of(INTERFERING_SETTINGS).clear)),
  },
  {
    name: 'DBA: logs that somebody has backed up are deleted',
    run: async (world) => {
      const deletion = "DELETE NOPROMPT ARCHIVELOG ALL BACKED UP 1 TIMES TO DEVICE TYPE 'SBT_TAPE';";
      const made = await afterwards(mustRman(world.stack, `${deletion}\n`));
      await logsMayBeGone(world);
      return made;
    },
  },
  {
    name: 'DBA: the log is switched',
    run: async ({ stack }) => {
      await stack.lab.ctl(['sql', 'ALTER SYSTEM SWITCH LOGFILE']);
      return 'switched';
    },
  },
];
