/** What the views show that is not in the control file: sessions, long operations, headers, space. Read synchronously. */
import { type ControlFile } from '../control-file/control-file';
import { type DataFileHeader } from '../formats/data-file-header';
import { type Identity, type SessionId } from './instance-port';

export interface SessionRow extends SessionId {
  username: string;
  program: string;
  module: string | null;
  clientInfo: string | null;
  event: string;
  status: 'ACTIVE' | 'INACTIVE' | 'KILLED';
  type: 'USER' | 'BACKGROUND';
  logonAt: string;
  /** Operating-system process id of the server process. */
  spid: number;
}

export interface LongopRow extends SessionId {
  context: number;
  opname: string;
  sofar: number;
  totalwork: number;
  startedAt: string;
  updatedAt: string;
}

export interface FileSpace {
  file: number;
  blocks: number;
  /** In a segment now, file and space headers included. */
  usedBlocks: number;
  /** Below the high-water mark, but free: a backup still contains them. */
  formerlyUsedBlocks: number;
}

export interface LiveState {
  identity(): Identity;
  controlFile(): ControlFile;
  sessions(): SessionRow[];
  longops(): LongopRow[];
  /** Undefined for a file that is missing or whose header is broken. */
  dataFileHeader(file: number): DataFileHeader | undefined;
  space(): FileSpace[];
  /** Registers a listener session; the answer's `killed` aborts when somebody kills it. */
  openSession(session: { username: string; program: string; module: string | null; spid: number }): {
    id: SessionId;
    killed: AbortSignal;
    /** The client set its module or client info. */
    update(attributes: { module?: string | null; clientInfo?: string | null }): void;
    close(): void;
  };
}
