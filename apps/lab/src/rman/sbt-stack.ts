/** The Oracle errors a server process raises around a failed call of the media-management library. */
import { type LibraryLoading } from '../sbt/load-library';
import { SbtCallError } from '../sbt/sbt-call-error';
import { PieceCorruptError } from './piece-format';
import { errorLines, RmanError } from './rman-error';

const DEVICE = 'ORA-19554: error allocating device, device type: SBT_TAPE, device name: ';
const OPERATION: Record<SbtCallError['call'], string> = {
  backup: 'ORA-27028: skgfqcre: sbtbackup returned error',
  close2: 'ORA-27192: skgfcls: sbtclose2 returned error - failed to close file',
  command: 'ORA-27194: skgfdvcmd: sbtcommand returned error',
  end: 'ORA-27026: skgfrls: sbtend returned error',
  error: 'ORA-27023: skgfqsbi: media manager protocol error',
  info2: 'ORA-27191: sbtinfo2 returned error',
  init2: 'ORA-27024: skgfqsbi: sbtinit2 returned error',
  read2: 'ORA-27190: skgfrd: sbtread2 returned error',
  remove2: 'ORA-27027: sbtremove2 returned error',
  restore: 'ORA-27029: skgfrtrv: sbtrestore returned error',
  write2: 'ORA-27030: skgfwrt: sbtwrite2 returned error',
};

/** The operation's line and the library's own text. */
export function mediaLines(error: SbtCallError): string[] {
  return [
    OPERATION[error.call],
    'ORA-19511: non RMAN, but media manager or vendor specific failure, error text:',
    ...error.text.split('\n').map((line) => `   ${line}`),
  ];
}

/** A channel that could not be allocated. */
export function loadingLines(loading: Extract<LibraryLoading, { ok: false }>): string[] {
  switch (loading.reason) {
    case 'not-loaded':
      return [DEVICE, 'ORA-27211: Failed to load Media Management Library', 'Additional information: 2'];
    case 'entry-points-missing':
      return [DEVICE, 'ORA-27212: some entrypoints in Media Management Library are missing'];
    case 'bad-context-size':
      return [DEVICE, 'ORA-27025: skgfqsbi: invalid media manager context area size'];
    case 'init-failed':
      return [
        DEVICE,
        'ORA-27023: skgfqsbi: media manager protocol error',
        `Additional information: ${loading.code}`,
      ];
  }
}

/** sbtinit2 refused. */
export function initLines(error: SbtCallError): string[] {
  return [DEVICE, ...mediaLines(error)];
}

/** Errors while writing the piece `handle`; `blocks` were written before. */
export function backupLines(error: unknown, handle: string, blocks: number): string[] {
  if (!(error instanceof SbtCallError)) return errorLines(error);
  if (error.call === 'backup') {
    return [`ORA-19506: failed to create sequential file, name="${handle}", parms=""`, ...mediaLines(error)];
  }
  if (error.call === 'write2') {
    const place = `write error on file "${handle}", block number ${blocks + 1} (block size=8192)`;
    return [`ORA-19502: ${place}`, ...mediaLines(error)];
  }
  return mediaLines(error);
}

/** Errors while reading the piece `handle`. */
export function restoreLines(error: unknown, handle: string, blocks: number): string[] {
  const first = `ORA-19870: error while restoring backup piece ${handle}`;
  if (error instanceof PieceCorruptError) return [first, corruptLine(error, handle)];
  if (!(error instanceof SbtCallError)) return [first, ...errorLines(error)];
  if (error.call === 'restore') {
    return [
      first,
      `ORA-19507: failed to retrieve sequential file, handle="${handle}", parms=""`,
      ...mediaLines(error),
    ];
  }
  if (error.call === 'read2') {
    const place = `read error on file "${handle}", block number ${blocks + 1} (block size=8192)`;
    return [first, `ORA-19501: ${place}`, ...mediaLines(error)];
  }
  return [first, ...mediaLines(error)];
}

function corruptLine(error: PieceCorruptError, handle: string): string {
  switch (error.reason) {
    case 'not-a-piece':
      return `ORA-19608: ${handle} is not a backup piece`;
    case 'corrupt-block':
      return `ORA-19599: block number ${error.unit} is corrupt in backup piece ${handle}`;
    case 'too-short':
      return `ORA-19586: backup piece ${handle} ends at block number ${error.unit}`;
  }
}

/** After a piece was written the library must know it. */
export function lostPiece(handle: string): RmanError {
  return new RmanError([
    `ORA-19506: failed to create sequential file, name="${handle}", parms=""`,
    'ORA-27206: requested file not found in media management catalog',
  ]);
}
