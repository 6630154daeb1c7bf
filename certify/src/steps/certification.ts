// One certification under way: how a step runs, and what it leaves as evidence.
import { type StepEvidence, type StepName, type PieceRecord } from '../evidence';
import { type OracleHost } from '../host/oracle-host';
import { runRman } from '../host/rman';
import { ask } from '../host/sqlplus';
import { type Lies, type MediaServer } from '../media/media-server';

export const TAG = 'ADYCERT';
const BLKSIZE = 1_048_576;

export interface TargetFile {
  readonly file: number;
  readonly bytes: number;
  readonly blockBytes: number;
  readonly tablespace: string;
  readonly creationScn: string;
  /** A CONFIGURE EXCLUDE of its tablespace is there. */
  readonly isExcluded: boolean;
}

export interface CertificationParts {
  readonly host: OracleHost & { readonly logs: string };
  readonly media: MediaServer;
  readonly library: string;
  readonly socketPath: string;
  /** Every handle of this certification begins with it. */
  readonly prefix: string;
  readonly dataFile: TargetFile;
  readonly newFile: TargetFile | null;
  /** For backups to disk; it is removed with all it holds. */
  readonly scratch: string;
  readonly say: (text: string) => void;
}

export class Certification {
  readonly steps: Partial<Record<StepName, StepEvidence>> = {};
  private isInterrupted = false;

  constructor(readonly parts: CertificationParts) {}

  /** No further step begins. */
  interrupt(): void {
    this.isInterrupted = true;
  }

  /** FORMAT of a step's pieces. */
  format(step: StepName): string {
    return `FORMAT '${this.parts.prefix}${step}_%U' TAG '${TAG}'`;
  }

  /** Handle of the last piece that a step closed; null when it did not get that far. */
  handleOf(step: StepName): string | null {
    return this.steps[step]?.pieces.at(-1)?.handle ?? null;
  }

  backup(step: StepName, command: string, lies: Lies = {}): Promise<void> {
    return this.run(step, `RUN { ALLOCATE CHANNEL c1 ${this.device()} BACKUP ${command}; }\n`, lies);
  }

  maintain(step: StepName, command: string, lies: Lies = {}): Promise<void> {
    return this.run(step, this.maintenance(command), lies);
  }

  backupToDisk(step: StepName, command: string): Promise<void> {
    const { scratch, prefix } = this.parts;
    const labels = `FORMAT '${scratch}/${prefix}${step}_%U' TAG '${TAG}'`;
    return this.run(step, `BACKUP DEVICE TYPE DISK ${command} ${labels};\n`, {});
  }

  inRun(step: StepName, command: string): Promise<void> {
    return this.run(step, `RUN { ALLOCATE CHANNEL c1 ${this.device()} ${command}; }\n`, {});
  }

  /** Leaves the tablespace out of whole backups while `work` goes on. Nothing is done when RMAN refuses. */
  async excluding(tablespace: string, work: () => Promise<void>): Promise<void> {
    const exclude = `CONFIGURE EXCLUDE FOR TABLESPACE '${tablespace}'`;
    try {
      await this.run('exclude', `${exclude};\n`, {});
      if (this.steps.exclude?.exitCode === 0) await work();
    } finally {
      await runRman(this.parts.host, 'exclude-clear', `${exclude} CLEAR;\n`);
    }
  }

  /** Takes RMAN's records of our pieces away again, whatever happened before. @returns handles that are still on record */
  async cleanUp(): Promise<string[]> {
    const records = await this.records();
    const commands = [...new Set(records.map(({ what, handle }) => `CHANGE ${what} '${handle}' UNCATALOG;`))];
    if (commands.length > 0)
      await runRman(this.parts.host, 'clean-up', this.maintenance(commands.join('\n').replace(/;$/, '')));
    return (await this.records()).filter(({ status }) => status !== 'D').map(({ handle }) => handle);
  }

  private maintenance(command: string): string {
    return `ALLOCATE CHANNEL FOR MAINTENANCE ${this.device()}\n${command};\nRELEASE CHANNEL;\n`;
  }

  private device(): string {
    const { library, socketPath, media } = this.parts;
    const env = `ADY_SOCK=${socketPath},ADY_TOKEN_FILE=${media.tokenFile},ADY_RUN=certify,ADY_CHANNEL=c1`;
    return `DEVICE TYPE 'SBT_TAPE' PARMS 'SBT_LIBRARY=${library},BLKSIZE=${BLKSIZE},ENV=(${env})';`;
  }

  private async run(step: StepName, script: string, lies: Lies): Promise<void> {
    const { media, host, say } = this.parts;
    if (this.isInterrupted) throw new Error(`interrupted before step ${step}`);
    say(step);
    const [callsBefore, writtenBefore] = [media.trace.length, media.written.length];
    media.lies = lies;
    const run = await runRman(host, step, script).finally(() => (media.lies = {}));
    const pieces = media.written.slice(writtenBefore).flatMap((handle) => {
      const facts = media.pieces.get(handle);
      return facts === undefined ? [] : [{ ...facts, bytesNew: media.bytesNew.get(handle) ?? 0 }];
    });
    const calls = media.trace.slice(callsBefore);
    this.steps[step] = { ...run, calls, pieces, records: await this.records() };
  }

  /** What the control file says of our pieces and image copies. */
  private async records(): Promise<(PieceRecord & { readonly what: string })[]> {
    const { host, prefix } = this.parts;
    const { rows, error } = await ask(
      host,
      `SELECT 'BACKUPPIECE' what, p.handle, p.status, b.file#, b.incremental_level, b.incremental_change#, b.checkpoint_change#
       FROM v$backup_piece p LEFT JOIN v$backup_datafile b ON b.set_stamp = p.set_stamp AND b.set_count = p.set_count
       WHERE p.handle LIKE '%${prefix}%' AND p.status <> 'D'
       UNION ALL
       SELECT 'DATAFILECOPY', c.name, c.status, c.file#, c.incremental_level, 0, c.checkpoint_change#
       FROM v$datafile_copy c WHERE c.name LIKE '%${prefix}%' AND c.status <> 'D'`,
    );
    if (error !== null) throw new Error(`the control file cannot be asked: ${error}`);
    return rows.map((row) => ({
      what: row['WHAT'] ?? '',
      handle: row['HANDLE'] ?? '',
      status: row['STATUS'] ?? '',
      file: numberOrNull(row['FILE#']),
      level: numberOrNull(row['INCREMENTAL_LEVEL']),
      incrementalScn: row['INCREMENTAL_CHANGE#'] ?? '',
      checkpointScn: row['CHECKPOINT_CHANGE#'] ?? '',
    }));
  }
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text);
}
