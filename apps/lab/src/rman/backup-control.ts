/** Channel job: one backup set with a snapshot of the control file, the spfile, or both; also the autobackup. */
import { readFileSync } from 'node:fs';
import { claimFault, faultLines, faultsAt } from '../faults/rman-faults';
import { type BackupRecords } from '../instance/instance-port';
import { type ChannelContext, dateNow, elapsedSince, prefixed } from './channel-context';
import { type BackupControlJob, type JobResult } from './channel-protocol';
import { type PieceHeader, type PieceSegment, roundUp, UNIT_BYTES } from './piece-format';
import { makePieceName } from './piece-name';
import { RmanError } from './rman-error';
import { type SetWriter, writeSet } from './write-set';

interface Content {
  controlFile: { bytes: Buffer; scn: string; at: string } | null;
  spfile: Buffer | null;
}

export async function backUpControl(
  context: ChannelContext,
  job: BackupControlJob,
): Promise<JobResult<'backup-control'>> {
  const { instance } = context;
  const started = context.now();
  const set = await instance.beginBackupSet({ content: 'control-file', autobackup: job.autobackup });
  announce(context, job);
  const content = await takeContent(context, job);
  const header = await describeSet(context, content, { ...set, startedAt: started.toISOString() });
  header.records.set.keepUntil = job.options.keepUntil;
  header.compressed = job.options.compressed;
  const { dbid, dbName } = header;
  const pieces = await writeSet(
    context,
    {
      options: job.options,
      unitBytes: UNIT_BYTES.controlFile,
      firstPiece: 1,
      header: () => header,
      name: (piece, copy) => {
        const { formats } = job.options;
        return makePieceName(formats, {
          dbid,
          dbName,
          ...set,
          piece,
          copy,
          at: context.now(),
        });
      },
    },
    (writer) => writeContent(context, content, writer),
  );
  const completedAt = context.now().toISOString();
  const records = { ...header.records, set: { ...header.records.set, completedAt }, pieces };
  await instance.recordBackup(records);
  if (!job.autobackup) {
    context.say([prefixed(context, `backup set complete, elapsed time: ${elapsedSince(context, started)}`)]);
  } else context.say([`Finished Control File and SPFILE Autobackup at ${dateNow(context)}`]);
  return { records, deleted: 0 };
}

function announce(
  context: ChannelContext,
  { options, controlFile, spfile, autobackup }: BackupControlJob,
): void {
  if (autobackup) {
    context.say(['', `Starting Control File and SPFILE Autobackup at ${dateNow(context)}`]);
    return;
  }
  const kind = options.level === null ? 'full' : `incremental level ${options.level}`;
  const compressed = options.compressed ? 'compressed ' : '';
  const lines = [`starting ${compressed}${kind} datafile backup set`, 'specifying datafile(s) in backup set'];
  context.say([
    ...lines.map((line) => prefixed(context, line)),
    ...(controlFile ? ['including current control file in backup set'] : []),
    ...(spfile === null ? [] : ['including current SPFILE in backup set']),
  ]);
}

async function takeContent(
  { instance, base, name }: ChannelContext,
  { controlFile, spfile }: BackupControlJob,
): Promise<Content> {
  for (const fault of controlFile ? faultsAt('snapshot-control-file') : []) {
    if (claimFault(base, fault, { channel: name })) throw new RmanError(faultLines(fault));
  }
  const content: Content = { controlFile: null, spfile: spfile === null ? null : readFileSync(spfile) };
  if (!controlFile) return content;
  const { path, scn, at } = await instance.snapshotControlFile({});
  try {
    content.controlFile = { bytes: readFileSync(path), scn, at };
  } finally {
    await instance.releaseSnapshotControlFile({});
  }
  return content;
}

async function describeSet(
  { instance }: ChannelContext,
  { controlFile, spfile }: Content,
  { setStamp, setCount, startedAt }: { setStamp: number; setCount: number; startedAt: string },
): Promise<PieceHeader> {
  const { dbid, dbName, dbUniqueName, resetlogsScn } = await instance.identity({});
  const blockBytes = UNIT_BYTES.controlFile;
  const set: BackupRecords['set'] = {
    setStamp,
    setCount,
    type: 'D',
    level: null,
    controlFileIncluded: controlFile !== null,
    spfileIncluded: spfile !== null,
    pieces: 1,
    startedAt,
    completedAt: startedAt,
    blockBytes,
    multiSection: false,
  };
  const dataFiles: BackupRecords['dataFiles'] = [];
  const segments: PieceSegment[] = [];
  if (controlFile !== null) {
    const blocks = controlFile.bytes.length / blockBytes;
    const checkpoint = {
      checkpointScn: controlFile.scn,
      checkpointAt: controlFile.at,
      absoluteFuzzyScn: '0',
    };
    const counts = { datafileBlocks: blocks, blocksRead: blocks, blocks, blockBytes, completedAt: startedAt };
    const origin = { file: 0, creationScn: '0', resetlogsScn, level: null, incrementalScn: '0' };
    dataFiles.push({ setStamp, setCount, ...origin, ...checkpoint, ...counts });
    segments.push({ kind: 'control-file', bytes: controlFile.bytes.length });
  }
  if (spfile !== null) segments.push({ kind: 'spfile', bytes: spfile.length });
  const records = { set, pieces: [], dataFiles, redoLogs: [] };
  return { dbid, dbName, dbUniqueName, piece: 1, records, segments, multiplexed: false, compressed: false };
}

async function writeContent(context: ChannelContext, content: Content, writer: SetWriter): Promise<void> {
  for (const bytes of [content.controlFile?.bytes, content.spfile]) {
    if (bytes === undefined || bytes === null) continue;
    const padded = Buffer.alloc(roundUp(bytes.length, UNIT_BYTES.controlFile));
    bytes.copy(padded);
    await writer.write(padded);
    const units = padded.length / UNIT_BYTES.controlFile;
    await writer.endSegment(units, units);
    context.count(bytes.length, 0);
  }
}
