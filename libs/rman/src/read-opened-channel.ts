// What RMAN says of a channel of ours that it opened: on which instance of a cluster it landed, and which library it has.

export interface OpenedChannel {
  /** Null: the database is no cluster. */
  readonly instance: string | null;
  /** As the library describes itself. */
  readonly library: string;
}

const OPENED = /^channel (\S+): SID=\d+(?: instance=(\S+))? device type=SBT_TAPE\r?\nchannel \1: (.+?)\r?$/m;

/** @returns null when it opened none */
export function readOpenedChannel(output: string): OpenedChannel | null {
  const [, , instance = null, library] = OPENED.exec(output) ?? [];
  return library === undefined ? null : { instance, library };
}
