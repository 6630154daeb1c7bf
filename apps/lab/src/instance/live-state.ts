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
  machine?: string;
  osUser?: string;
  action?: string | null;
  clientIdentifier?: string | null;
  /** Since when it waits for `event`. */
  waitingSince?: string;
}

/** What a client says of itself while it is connected. */
export interface SessionAttributes {
  module?: string | null;
  action?: string | null;
  clientInfo?: string | null;
  clientIdentifier?: string | null;
  event?: string;
}

export interface NewSession {
  username: string;
  program: string;
  module: string | null;
  spid: number;
  clientInfo?: string | null;
  machine?: string;
  osUser?: string;
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

/** The recovery area: archived logs, in the lab. */
export interface RecoveryArea {
  path: string;
  limitBytes: number;
  usedBytes: number;
  reclaimableBytes: number;
  files: number;
}

/** One line RMAN printed. */
export interface RmanOutputRow {
  sid: number;
  recid: number;
  stamp: number;
  sessionRecid: number;
  sessionStamp: number;
  output: string;
}

export interface LiveState {
  identity(): Identity;
  controlFile(): ControlFile;
  sessions(): SessionRow[];
  longops(): LongopRow[];
  /** Undefined for a file that is missing or whose header is broken. */
  dataFileHeader(file: number): DataFileHeader | undefined;
  space(): FileSpace[];
  controlFiles(): string[];
  recoveryArea(): RecoveryArea;
  rmanOutput(): RmanOutputRow[];
  /** Registers a listener session; the answer's `killed` aborts when somebody kills it. */
  openSession(session: NewSession): {
    id: SessionId;
    killed: AbortSignal;
    update(attributes: SessionAttributes): void;
    close(): void;
  };
}
