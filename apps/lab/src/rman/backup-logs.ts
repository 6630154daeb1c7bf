/** Channel job: one backup set of archived logs, their 512-byte blocks as they are. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { type ArchivedLog } from '../control-file/control-file';
import { type BackupRecords } from '../instance/instance-port';
import { type ChannelContext, elapsedSince, LongOperationReport, prefixed } from './channel-context';
import { type BackupLogsJob, type JobResult } from './channel-protocol';
import { type PieceHeader, roundUp, UNIT_BYTES } from './piece-format';
import { makePieceName } from './piece-name';
import { type PieceWriter } from './piece-stream';
import { RmanError } from './rman-error';
import { writePiece } from './write-piece';

const READ_BYTES = 1024 * 1024;

/** Bytes of the file on disk, block 0 included. */
function logBytes(log: Pick<ArchivedLog, 'blocks' | 'blockBytes'>): number {
  return (log.blocks + 1) * log.blockBytes;
}

export async function backUpLogs(
  context: ChannelContext,
  job: BackupLogsJob,
): Promise<JobResult<'backup-logs'>> {
  const { instance } = context;
  const started = context.now();
  const set = await instance.beginBackupSet({});
  context.say([
    prefixed(context, 'starting archived log backup set'),
    prefixed(context, 'specifying archived log(s) in backup set'),
    ...job.logs.map(
      ({ thread, sequence, recid, stamp }) =>
        `input archived log thread=${thread} sequence=${sequence} RECID=${recid} STAMP=${stamp}`,
    ),
  ]);
  const header = await describeSet(context, job, { ...set, startedAt: started.toISOString() });
  const handle = makePieceName(job.options.format, {
    dbid: header.dbid,
    dbName: header.dbName,
    ...set,
    piece: 1,
    copy: 1,
    at: context.now(),
  });
  const piece = await writePiece(context, {
    handle,
    tag: job.options.tag,
    unitBytes: UNIT_BYTES.log,
    header,
    body: (writer) => writeLogs(context, job.logs, writer),
  });
  const completedAt = context.now().toISOString();
  const records = { ...header.records, set: { ...header.records.set, completedAt }, pieces: [piece] };
  await instance.recordBackup(records);
  context.say([prefixed(context, `backup set complete, elapsed time: ${elapsedSince(context, started)}`)]);
  return { records, deleted: job.deleteInput ? await deleteLogs(context, job.logs) : 0 };
}

async function describeSet(
  { instance }: ChannelContext,
  { logs }: BackupLogsJob,
  { setStamp, setCount, startedAt }: { setStamp: number; setCount: number; startedAt: string },
): Promise<PieceHeader> {
  const { dbid, dbName, dbUniqueName } = await instance.identity({});
  const records: BackupRecords = {
    set: {
      setStamp,
      setCount,
      type: 'L',
      level: null,
      controlFileIncluded: false,
      spfileIncluded: false,
      pieces: 1,
      startedAt,
      completedAt: startedAt,
      blockBytes: 512,
      multiSection: false,
    },
    pieces: [],
    dataFiles: [],
    redoLogs: logs.map(({ thread, sequence, resetlogsScn, firstScn, nextScn, blocks, blockBytes }) => ({
      setStamp,
      setCount,
      thread,
      sequence,
      resetlogsScn,
      firstScn,
      nextScn,
      blocks,
      blockBytes,
    })),
  };
  const segments = logs.map((log) => ({
    kind: 'log' as const,
    thread: log.thread,
    sequence: log.sequence,
    resetlogsScn: log.resetlogsScn,
    bytes: logBytes(log),
  }));
  return { dbid, dbName, dbUniqueName, piece: 1, records, segments };
}

async function writeLogs(context: ChannelContext, logs: ArchivedLog[], writer: PieceWriter): Promise<void> {
  const totalwork = logs.reduce((sum, log) => sum + log.blocks + 1, 0);
  const report = new LongOperationReport(context, { opname: 'RMAN: archived log backup', totalwork });
  for (const log of logs) {
    await writeFileBytes(writer, log, (bytes) => {
      context.count(bytes, 0);
      report.advance(bytes / log.blockBytes);
    });
  }
  report.finish();
}

async function writeFileBytes(
  writer: PieceWriter,
  log: ArchivedLog,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { name } = log;
  if (name === null || !existsSync(name)) {
    throw new RmanError([
      `ORA-19625: error identifying file ${name ?? ''}`,
      'ORA-27037: unable to obtain file status',
      'Linux-x86_64 Error: 2: No such file or directory',
    ]);
  }
  const total = logBytes(log);
  const buffer = Buffer.alloc(READ_BYTES);
  const fd = openSync(name, 'r');
  try {
    for (let at = 0; at < total;) {
      const wanted = Math.min(READ_BYTES, total - at);
      const got = readSync(fd, buffer, 0, wanted, at);
      if (got !== wanted)
        throw new RmanError([`ORA-19501: read error on file "${name}", block number ${at / 512}`]);
      buffer.fill(0, got, roundUp(got, UNIT_BYTES.log));
      await writer.write(buffer.subarray(0, roundUp(got, UNIT_BYTES.log)));
      at += got;
      onBytes(got);
    }
  } finally {
    closeSync(fd);
  }
  await writer.endSegment(roundUp(total, UNIT_BYTES.log) / UNIT_BYTES.log);
}

async function deleteLogs(context: ChannelContext, logs: ArchivedLog[]): Promise<number> {
  context.say([prefixed(context, 'deleting archived log(s)')]);
  let deleted = 0;
  for (const { recid, stamp, name } of logs) {
    if (await context.instance.deleteArchivedLog({ recid })) deleted++;
    context.say([`archived log file name=${name ?? ''} RECID=${recid} STAMP=${stamp}`]);
  }
  return deleted;
}
