// Which stream a piece belongs to. Our scripts name the data file in the handle (`<prefix>/<token>_<fence>_F<n>_%U`): pieces of one data
// file share a block map from run to run. Any other handle has no stream: its slots are found by their ids alone.
const FILE_IN_HANDLE = /_F(\d{1,5})_/;

export interface Stream {
  /** Number of the data file, decimal. */
  readonly file: string;
  /** The same for all pieces of one data file and run: what stands before the file in the handle. */
  readonly run: string;
}

export function streamOf(handle: string): Stream | null {
  const match = FILE_IN_HANDLE.exec(handle);
  return match?.[1] === undefined ? null : { file: match[1], run: handle.slice(0, match.index) };
}
