/** What rman and the processes of its channels say to each other: one job at a time, its output, its result. */
import { type ArchivedLog, type DataFileCopy } from '../control-file/control-file';
import { type BlockRange } from '../formats/block';
import { type BackupRecords, type NewRecord } from '../instance/instance-port';
import { type ChannelSettings, type DeviceType } from './ast';
import { type PieceHeader } from './piece-format';
import { type ChannelParms } from './parms';

export interface OpenJob {
  kind: 'open';
  name: string;
  device: DeviceType;
  /** Directory of the simulated host: where armed faults are found. */
  base: string;
  socketPath: string;
  parms: ChannelParms;
  dateFormat: string;
  commandId: string | null;
  settings: ChannelSettings;
}

/** What every set of a BACKUP command shares. */
export interface SetOptions {
  /** One name per copy; the last serves the copies beyond. */
  formats: string[];
  tag: string | null;
  level: 0 | 1 | null;
  copies: number;
  compressed: boolean;
  keepUntil: string | null;
  /** Read and check only; no piece is made. */
  validate: boolean;
}

/** A level 1 without a parent copies what changed since the file was made. */
export interface FileToBackUp {
  file: number;
  incrementalScn: string;
  /** Corrupt blocks that are marked and taken along (SET MAXCORRUPT); with one more the backup fails. */
  corruptMax: number;
}

/** One of several pieces of a set, made by different channels. */
export interface Section {
  setStamp: number;
  setCount: number;
  piece: number;
  pieces: number;
  from: number;
  to: number;
  /** Block 1 as it was when the set began, base64. */
  header: string;
  /** What block change tracking named; null: every block is read. */
  changed: BlockRange[] | null;
  startedAt: string;
}

export interface BackupFilesJob {
  kind: 'backup-files';
  options: SetOptions;
  files: FileToBackUp[];
  section: Section | null;
}

/** One image copy of a data file. */
export interface CopyFileJob {
  kind: 'copy-file';
  file: FileToBackUp;
  /** A copy is a level 0, or none that a level 1 may build on. */
  level: 0 | null;
  path: string;
  tag: string | null;
}

export interface BackupLogsJob {
  kind: 'backup-logs';
  options: SetOptions;
  logs: ArchivedLog[];
  deleteInput: boolean;
  /** Logs that DELETE INPUT must leave, with the reason. */
  kept: { recid: number; warning: string }[];
}

export interface BackupControlJob {
  kind: 'backup-control';
  options: SetOptions;
  controlFile: boolean;
  /** Path of the spfile to include. */
  spfile: string | null;
  autobackup: boolean;
}

export interface RestoreTarget {
  file: number;
  path: string;
  mode: 'create' | 'apply';
}

export interface RestoreFilesJob {
  kind: 'restore-files';
  handle: string;
  piece: number;
  tag: string | null;
  incremental: boolean;
  /** The targets are image copies (RECOVER COPY). */
  ofCopies: boolean;
  targets: RestoreTarget[];
  /** Read and check only. */
  validate: boolean;
}

/** An image copy goes back to where its data file shall be. */
export interface RestoreCopyJob {
  kind: 'restore-copy';
  copy: DataFileCopy;
  /** Null: read and check only. */
  path: string | null;
}

export interface RestoreLogsJob {
  kind: 'restore-logs';
  handle: string;
  piece: number;
  tag: string | null;
  /** `path` null: read and check only. */
  logs: { thread: number; sequence: number; resetlogsScn: string; path: string | null }[];
}

export interface RestoreWholeJob {
  kind: 'restore-whole';
  handle: string;
  which: 'control-file' | 'spfile';
  /** Null: read and check only. */
  path: string | null;
}

/** What became of one file of a restore job; the caller writes the header when all pieces are in. */
export interface RestoredPart {
  file: number;
  /** Block 1, base64, when this piece held it. */
  header: string | null;
  /** Highest block SCN seen. */
  newestScn: string;
  blocks: number;
  /** First and last block this piece speaks for. */
  from: number;
  to: number;
}

/** Jobs by kind, and what each answers. */
export interface ChannelJobs {
  open: { job: OpenJob; result: { sid: number; processId: number } };
  'backup-files': { job: BackupFilesJob; result: { records: BackupRecords; deleted: number } };
  'copy-file': { job: CopyFileJob; result: { copy: NewRecord<DataFileCopy> } };
  'backup-logs': { job: BackupLogsJob; result: { records: BackupRecords; deleted: number } };
  'backup-control': { job: BackupControlJob; result: { records: BackupRecords; deleted: number } };
  'restore-files': { job: RestoreFilesJob; result: { parts: RestoredPart[] } };
  'restore-copy': { job: RestoreCopyJob; result: null };
  'restore-logs': { job: RestoreLogsJob; result: { restored: number } };
  'restore-whole': { job: RestoreWholeJob; result: { header: PieceHeader } };
  inspect: {
    job: { kind: 'inspect'; handle: string };
    result:
      { found: false } | { found: true; header: PieceHeader; media: string | null; comments: string | null };
  };
  info: { job: { kind: 'info'; handles: string[] }; result: { found: boolean[] } };
  remove: { job: { kind: 'remove'; handles: string[] }; result: null };
  send: { job: { kind: 'send'; text: string }; result: null };
  close: { job: { kind: 'close' }; result: null };
}
export type JobKind = keyof ChannelJobs;
export type ChannelJob = ChannelJobs[JobKind]['job'];
export type JobResult<K extends JobKind> = ChannelJobs[K]['result'];

export type ToChannel = { id: number; job: ChannelJob } | { cancel: true };
export type FromChannel =
  | { lines: string[] }
  | { inputBytes: number; outputBytes: number }
  | { id: number; ok: true; result: unknown }
  | { id: number; ok: false; lines: string[] };
