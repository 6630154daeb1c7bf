// What is compared: a program that keeps streams without storing twice what it holds. Each keeps its data in a directory on the same disk,
// compressed with zstd and encrypted, and reads a stream once from a file through a pipe or socket.
import { type Cost, type DigestSink } from '../measure';

export const SUBJECTS = ['adyton', 'restic', 'borg', 'borg-tuned'] as const;
export type SubjectName = (typeof SUBJECTS)[number];

/** A stream that lies ready in a file. */
export interface StreamFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Number of the data file all blocks are from; null for anything else. RMAN names it in the handle, and so do we. */
  readonly fileNumber: number | null;
}

export interface StoredStream {
  readonly cost: Cost;
  /** Bytes of the stream in chunks that were not there before, uncompressed. */
  readonly bytesNew: number;
  /** What the repository grew by. */
  readonly bytesStored: number;
  /** Of these, what is not the stream's own data: indexes, recipes, maps, manifests. Null where the program does not keep them apart. */
  readonly bytesMetadata: number | null;
  /** Files or objects that were added. */
  readonly objects: number;
}

export interface Subject {
  readonly name: SubjectName;
  /** Stores one stream under a name and returns when it is committed. */
  backUp(name: string, stream: StreamFile): Promise<StoredStream>;
  /** Sends the stream of that name to the sink. */
  restore(name: string, sink: DigestSink): Promise<Cost>;
  /** Ends what runs; the directory stays. */
  close(): Promise<void>;
}

/** Opens an empty repository in an empty directory. */
export type OpenSubject = (directory: string) => Promise<Subject>;

/** What a directory grew by. */
export function growthOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): { readonly bytes: number; readonly added: readonly string[] } {
  let bytes = 0;
  for (const size of after.values()) bytes += size;
  for (const size of before.values()) bytes -= size;
  return { bytes, added: [...after.keys()].filter((path) => !before.has(path)) };
}
