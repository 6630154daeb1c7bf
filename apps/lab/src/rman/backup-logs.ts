/** Channel job: one backup set of archived logs, their 512-byte blocks as they are. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { type ArchivedLog } from '../control-file/control-file';
import { type BackupRecords } from '../instance/instance-port';
import { type ChannelContext, elapsedSince, LongOperationReport, Pace, prefixed } from './channel-context';
import { type BackupLogsJob, type JobResult } from './channel-protocol';
import { originOf, type PieceSegment, roundUp, UNIT_BYTES } from './piece-format';
import { makePieceName } from './piece-name';
import { RmanError } from './rman-error';
import { type SetWriter, writeSet } from './write-set';

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
  const { validate } = job.options;
  const set = validate
    ? { setStamp: 0, setCount: 0 }
    : await instance.beginBackupSet({ content: 'archived-logs' });
  announce(context, job);
  const origin = originOf(await instance.identity({}));
  const records = describeSet(job, { ...set, startedAt: started.toISOString() });
  let written = 0;
  const pieces = await writeSet(
    context,
    {
      options: job.options,
      unitBytes: UNIT_BYTES.log,
      firstPiece: 1,
      header: (piece) => {
        const segments = job.logs.slice(written).map(segmentOf);
        records.set.pieces = piece;
        const { compressed } = job.options;
        return { ...origin, piece, records, segments, multiplexed: false, compressed };
      },
      name: (piece, copy) => {
        const { formats } = job.options;
        return makePieceName(formats, { ...origin, ...set, piece, copy, at: context.now() });
      },
    },
    (writer) => writeLogs(context, job.logs, { writer, onLog: () => written++ }),
  );
  const completedAt = context.now().toISOString();
  const made = { ...records, set: { ...records.set, completedAt }, pieces };
  if (!validate) await instance.recordBackup(made);
  const done = validate ? 'validation complete' : 'backup set complete';
  context.say([prefixed(context, `${done}, elapsed time: ${elapsedSince(context, started)}`)]);
  return { records: made, deleted: job.deleteInput && !validate ? await deleteLogs(context, job) : 0 };
}

function announce(context: ChannelContext, { logs, options }: BackupLogsJob): void {
  const [starting, specifying] = options.validate
    ? ['starting validation of archived log', 'specifying archived log(s) for validation']
    : [
        `starting ${options.compressed ? 'compressed ' : ''}archived log backup set`,
        'specifying archived log(s) in backup set',
      ];
  context.say([
    prefixed(context, starting),
    prefixed(context, specifying),
    ...logs.map(
      ({ thread, sequence, recid, stamp }) =>
        `input archived log thread=${thread} sequence=${sequence} RECID=${recid} STAMP=${stamp}`,
    ),
  ]);
}

function segmentOf(log: ArchivedLog): PieceSegment {
  const { thread, sequence, resetlogsScn } = log;
  return { kind: 'log', thread, sequence, resetlogsScn, bytes: logBytes(log) };
}

function describeSet(
  { logs, options }: BackupLogsJob,
  { setStamp, setCount, startedAt }: { setStamp: number; setCount: number; startedAt: string },
): BackupRecords {
  return {
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
      keepUntil: options.keepUntil,
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
}

/** A log is never cut: with MAXPIECESIZE the next piece begins between two of them. */
async function writeLogs(
  context: ChannelContext,
  logs: ArchivedLog[],
  { writer, onLog }: { writer: SetWriter; onLog: () => void },
): Promise<void> {
  const totalwork = logs.reduce((sum, log) => sum + log.blocks + 1, 0);
  const report = new LongOperationReport(context, { opname: 'RMAN: archived log backup', totalwork });
  const pace = new Pace(context.settings.rateBytes);
  for (const [i, log] of logs.entries()) {
    if (i > 0 && writer.isFull(roundUp(logBytes(log), UNIT_BYTES.log) + UNIT_BYTES.log)) {
      await writer.finish();
      await writer.begin();
    }
    await writeFileBytes(writer, log, async (bytes) => {
      context.count(bytes, 0);
      await report.advance(bytes / log.blockBytes);
      await pace.take(bytes);
    });
    onLog();
  }
  await report.finish();
}

async function writeFileBytes(
  writer: SetWriter,
  log: ArchivedLog,
  onBytes: (bytes: number) => Promise<void>,
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
      await onBytes(got);
    }
  } finally {
    closeSync(fd);
  }
  const units = roundUp(total, UNIT_BYTES.log) / UNIT_BYTES.log;
  await writer.endSegment(units, units);
}

async function deleteLogs(context: ChannelContext, { logs, kept }: BackupLogsJob): Promise<number> {
  context.say([prefixed(context, 'deleting archived log(s)')]);
  let deleted = 0;
  for (const { recid, stamp, name, thread, sequence } of logs) {
    const reason = kept.find((log) => log.recid === recid);
    if (reason !== undefined) {
      context.say([
        reason.warning,
        `archived log file name=${name ?? ''} thread=${thread} sequence=${sequence}`,
      ]);
      continue;
    }
    if (await context.instance.deleteArchivedLog({ recid })) deleted++;
    context.say([`archived log file name=${name ?? ''} RECID=${recid} STAMP=${stamp}`]);
  }
  return deleted;
}
