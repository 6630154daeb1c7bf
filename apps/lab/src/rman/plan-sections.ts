/** SECTION SIZE: one file as several pieces of one set, made by different channels. */
import { type DataFile } from '../control-file/control-file';
import { parseScn } from '../formats/scn';
import { type BackupRecords } from '../instance/instance-port';
import { type BackupOptions } from './ast';
import { type Plan, setOptions } from './backup-plan';
import { type FileToBackUp, type Section } from './channel-protocol';
import { refusedLines } from './lab-error';
import { beginFile } from './begin-file';
import { readHeaderBlock } from './read-data-file';
import { RmanError } from './rman-error';
import { type Step } from './work-queue';

/** Oracle makes no more sections of one file. */
const SECTIONS_MAX = 256;

/** Checkpoint and header are taken once; every section is a piece of the set, which is recorded when all are made. */
export async function planSections(
  plan: Plan,
  { record, wanted }: { record: DataFile; wanted: FileToBackUp },
  options: BackupOptions,
): Promise<Step[]> {
  const { instance } = plan.session.target;
  if (plan.session.channels.some(({ maxPieceBytes }) => maxPieceBytes !== null)) {
    throw new RmanError(refusedLines('SECTION SIZE together with MAXPIECESIZE'));
  }
  const asked = Math.max(1, Math.floor((plan.statement.sectionBytes ?? 0) / record.blockBytes));
  const blocksPerSection = Math.max(asked, Math.ceil(record.blocks / SECTIONS_MAX));
  const { setStamp, setCount } = await instance.beginBackupSet({ content: 'data-files' });
  const changed = await beginFile(instance, plan.controlFile, {
    record,
    wanted,
    level: plan.statement.level,
  });
  const pieces = Math.ceil(record.blocks / blocksPerSection);
  const common = {
    setStamp,
    setCount,
    pieces,
    header: readHeaderBlock(record.name, record.blockBytes).toString('base64'),
    changed,
    startedAt: plan.session.now().toISOString(),
  };
  const made: BackupRecords[] = [];
  return Array.from({ length: pieces }, (_, i): Step => {
    const from = 1 + i * blocksPerSection;
    const to = Math.min(record.blocks, from + blocksPerSection - 1);
    const section: Section = { ...common, piece: i + 1, from, to };
    return {
      channel: options.channel ?? null,
      run: async (channel) => {
        const job = { kind: 'backup-files' as const, files: [wanted], section };
        const forSet = setOptions(plan, options, { channel, of: 'DATAFILE' });
        const result = await channel.run({ ...job, options: forSet });
        made.push(result.records);
        if (made.length === pieces) await instance.recordBackup(mergeSections(made));
      },
    };
  });
}

function mergeSections(made: BackupRecords[]): BackupRecords {
  const [first, ...others] = made;
  const [file] = first?.dataFiles ?? [];
  if (first === undefined || file === undefined) throw new Error('a set without sections');
  const merged = { ...file };
  const corrupt = made.flatMap((records) => records.dataFiles.flatMap((part) => part.corrupt ?? []));
  if (corrupt.length > 0) merged.corrupt = corrupt;
  for (const { dataFiles } of others) {
    for (const part of dataFiles) {
      merged.blocks += part.blocks;
      merged.blocksRead += part.blocksRead;
      if (parseScn(part.absoluteFuzzyScn) > parseScn(merged.absoluteFuzzyScn)) {
        merged.absoluteFuzzyScn = part.absoluteFuzzyScn;
      }
      merged.completedAt = part.completedAt;
    }
  }
  const pieces = made
    .flatMap((records) => records.pieces)
    .sort((a, b) => a.piece - b.piece || a.copy - b.copy);
  const set = { ...first.set, completedAt: merged.completedAt };
  return { set, pieces, dataFiles: [merged], redoLogs: [] };
}
