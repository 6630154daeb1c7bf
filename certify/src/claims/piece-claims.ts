// C1, C3 and C6: what is in a piece, under which name, and what the options of BACKUP make of it.
import { type StepEvidence } from '../evidence';
import { commonShare } from '../media/piece-facts';
import { notSeen, verdict, type JudgedClaim } from './claim';
import { handleOf, named, of, ofPiece, recordOf } from './judging';

/** An open database changes a little between two backups: its headers, at least. */
const UNCHANGED_SHARE_MIN = 0.9;
/** Headers and tails of a piece are no data blocks. */
const DATA_SHARE_MIN = 0.9;

export const PIECES: readonly JudgedClaim[] = [
  {
    id: 'whole-media-blocks',
    point: 'C1',
    what: 'a piece is a whole number of blocks of BLKSIZE',
    mark: 'C',
    judge: ofPiece('level0a', ({ bytes, sbtBlockBytes }) =>
      verdict(bytes % sbtBlockBytes === 0, `${bytes} bytes, blocks of ${sbtBlockBytes}`),
    ),
  },
  {
    id: 'blocks-unmodified',
    point: 'C1',
    what: 'data blocks stand in the piece as in the file, header and tail check unchanged, at multiples of their size',
    mark: 'C',
    judge: of('level0a', ({ pieces: [piece] }, { dataFile }) => {
      if (piece === undefined || dataFile === null) return notSeen('no piece');
      const seen = `${piece.oracleBlocks} of ${piece.units} units are Oracle blocks`;
      return verdict(piece.oracleBlocks > 0 && piece.oracleBlocks >= DATA_SHARE_MIN * usedUnits(piece), seen);
    }),
  },
  {
    id: 'blocks-ascending',
    point: 'C1',
    what: 'with FILESPERSET 1 the blocks of a file stand in ascending order',
    mark: 'C',
    judge: ofPiece('level0a', ({ oracleBlocks, ascendingBlocks }) =>
      oracleBlocks === 0
        ? notSeen('no Oracle blocks were recognised')
        : verdict(
            ascendingBlocks === oracleBlocks,
            `${ascendingBlocks} of ${oracleBlocks} follow a lower one`,
          ),
    ),
  },
  {
    id: 'unchanged-file-repeats',
    point: 'C1',
    what: 'a second level 0 of a file that hardly changed holds the same blocks',
    mark: 'C',
    judge: ({ steps }) => {
      const [first, second] = [steps.level0a?.pieces[0], steps.level0b?.pieces[0]];
      if (first === undefined || second === undefined) return notSeen('there are no two level 0');
      const share = commonShare(first, second);
      const seen = `${(100 * share).toFixed(2)} % of the units are in both; ${second.bytesNew} of ${second.bytes} bytes were new to the vault`;
      return verdict(share >= UNCHANGED_SHARE_MIN, seen);
    },
  },
  {
    id: 'sections-one-piece-each',
    point: 'C1',
    what: 'SECTION SIZE makes one piece a section',
    mark: 'A',
    judge: of('sections', ({ pieces }, { dataFile }) => {
      if (dataFile === null || pieces.length === 0) return notSeen('no section was closed');
      return verdict(
        pieces.length === 2,
        `${pieces.length} piece(s) for two sections of ${dataFile.bytes} bytes`,
      );
    }),
  },
  {
    id: 'log-blocks-unmodified',
    point: 'C1',
    what: 'blocks of an archived log stand in its piece as in the file, at multiples of 512 bytes, in order',
    mark: 'C',
    judge: ofPiece('archivedLog', ({ oracleBlocks, ascendingBlocks, units }) =>
      verdict(
        oracleBlocks > 0 && oracleBlocks === ascendingBlocks,
        `${oracleBlocks} of ${units} units are redo blocks, ${ascendingBlocks} ascending`,
      ),
    ),
  },
];

export const NAMES: readonly JudgedClaim[] = [
  {
    id: 'handle-from-format',
    point: 'C3',
    what: 'sbtbackup gets the name that FORMAT makes; %U is set, piece and copy',
    mark: 'A',
    judge: of('level0a', (step, { prefix }) => {
      const [handle] = named(step, 'backup');
      if (handle === undefined) return notSeen('sbtbackup was not called');
      const rest = handle.slice(`${prefix}level0a_`.length);
      return verdict(handle.startsWith(prefix) && /^[0-9a-z]{6,}_\d+_\d+(_\d+)?$/.test(rest), handle);
    }),
  },
  {
    id: 'record-has-handle',
    point: 'C3',
    what: 'v$backup_piece lists that same name, AVAILABLE, once close has answered',
    mark: 'A',
    judge: (evidence) => {
      const handle = handleOf(evidence, 'level0a');
      if (handle === undefined) return notSeen('no piece was closed');
      const status = recordOf(evidence, 'level0a')?.status ?? 'no record';
      return verdict(status === 'A', `${handle}: ${status}`);
    },
  },
  {
    id: 'control-file-piece',
    point: 'C3',
    what: 'BACKUP CURRENT CONTROLFILE leaves file 0 in v$backup_datafile under the name of its FORMAT',
    mark: 'C',
    judge: (evidence) => {
      const record = recordOf(evidence, 'controlFile');
      if (record === undefined) return notSeen('no control file was backed up');
      return verdict(record.file === 0, `file ${record.file ?? 'none'} in ${record.handle}`);
    },
  },
];

export const SETTINGS: readonly JudgedClaim[] = [
  {
    id: 'copies-two-handles',
    point: 'C3',
    what: 'COPIES 2 makes each piece twice, under two handles of the same FORMAT that differ in the copy of %U',
    mark: 'C',
    judge: of('twoCopies', (step) => {
      if (step.exitCode !== 0)
        return notSeen(`exit ${step.exitCode}: tape copies may need BACKUP_TAPE_IO_SLAVES`);
      const handles = named(step, 'backup');
      const stems = new Set(handles.map((handle) => handle.replace(/_\d+$/, '')));
      return verdict(
        handles.length === 2 && new Set(handles).size === 2 && stems.size === 1,
        handles.join(', '),
      );
    }),
  },
  {
    id: 'excluded-named-file',
    point: 'C3',
    what: 'a data file that BACKUP DATAFILE names is backed up although its tablespace is excluded from whole backups',
    mark: 'C',
    judge: of('excludedNamed', ({ exitCode, pieces }) =>
      verdict(exitCode === 0 && pieces.length === 1, `exit ${exitCode}, ${pieces.length} piece(s)`),
    ),
  },
  {
    id: 'large-set-size',
    point: 'C3',
    what: 'BACKUP takes a MAXSETSIZE of 262144G, which no set reaches',
    mark: 'C',
    judge: of('largeSetSize', ({ exitCode, pieces }) =>
      verdict(exitCode === 0 && pieces.length === 1, `exit ${exitCode}, ${pieces.length} piece(s)`),
    ),
  },
  {
    id: 'since-skips-sections',
    point: 'C6',
    what: 'NOT BACKED UP SINCE leaves out a file whose sections were all backed up since',
    mark: 'C',
    judge: of('sinceSections', ({ exitCode, pieces }, { steps }) =>
      (steps.sections?.pieces.length ?? 0) === 0
        ? notSeen('no section was closed')
        : verdict(exitCode === 0 && pieces.length === 0, `exit ${exitCode}, ${pieces.length} piece(s)`),
    ),
  },
];

/** Units that are not empty: a file's never used blocks are not in a piece, the end of its last media block is. */
function usedUnits({ hashes }: StepEvidence['pieces'][number]): number {
  const counts = new Map<string, number>();
  for (const hash of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const padding = Math.max(0, ...counts.values());
  return hashes.length - (padding > 1 ? padding : 0);
}
