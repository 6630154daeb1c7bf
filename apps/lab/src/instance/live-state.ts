/** What a running instance knows beside its control file: sessions, long operations, headers, space. Read synchronously. */
import { type ControlFile } from '../control-file/control-file';
import {
  type FileSpaceState,
  type LiveState as ShownState,
  type RecoveryAreaState,
  type RmanOutputState,
} from '../views/live-state';
import { type Identity, type SessionId } from './instance-port';

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

export interface FileSpace extends FileSpaceState {
  /** Below the high-water mark, but free: a backup still contains them. */
  formerlyUsedBlocks: number;
}

/** The views' own demands, with what only the instance itself asks for. */
export interface LiveState extends ShownState {
  identity(): Identity;
  controlFile(): ControlFile;
  space(): FileSpace[];
  controlFiles(): string[];
  recoveryArea(): RecoveryAreaState;
  rmanOutput(): RmanOutputState[];
  /** Registers a listener session; the answer's `killed` aborts when somebody kills it. */
  openSession(session: NewSession): {
    id: SessionId;
    killed: AbortSignal;
    update(attributes: SessionAttributes): void;
    close(): void;
  };
}
