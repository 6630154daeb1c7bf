// What a real host can tell: claims of the lab that a certification judges, each from what it saw.
import { type Evidence, type PieceRecord, type StepEvidence, type StepName } from '../evidence';
import { LIE_TEXT, type SbtCall } from '../media/media-server';
import { commonShare } from '../media/piece-facts';
import { notSeen, verdict, type JudgedClaim, type Verdict } from './claim';

/** An open database changes a little between two backups: its headers, at least. */
const UNCHANGED_SHARE_MIN = 0.9;
/** Headers and tails of a piece are no data blocks. */
const DATA_SHARE_MIN = 0.9;

type Judge = JudgedClaim['judge'];

/** Judges a step; not seen when it did not run. */
function of(name: StepName, judge: (step: StepEvidence, evidence: Evidence) => Verdict): Judge {
  return (evidence) => {
    const step = evidence.steps[name];
    return step === undefined ? notSeen(`step ${name} did not run`) : judge(step, evidence);
  };
}

/** Judges the piece of a step; not seen when none was closed. */
function ofPiece(name: StepName, judge: (piece: StepEvidence['pieces'][number]) => Verdict): Judge {
  return of(name, ({ pieces: [piece] }) =>
    piece === undefined ? notSeen(`step ${name} left no piece`) : judge(piece),
  );
}

/** The record of a step's piece, as it was when the step had ended. */
function recordOf(evidence: Evidence, name: StepName): PieceRecord | undefined {
  const step = evidence.steps[name];
  return step?.records.find(({ handle }) => step.pieces.some((piece) => piece.handle === handle));
}

/** Whether the level 1 of `child` starts where `parent` ended. Not seen when a base that is not expected ended at the same SCN. */
function parentIs(child: StepName, parent: StepName, others: readonly StepName[]): Judge {
  return (evidence) => {
    const [level1, base] = [recordOf(evidence, child), recordOf(evidence, parent)];
    if (level1 === undefined || base === undefined) return notSeen(`no record of ${child} or ${parent}`);
    const alike = others.filter((name) => recordOf(evidence, name)?.checkpointScn === base.checkpointScn);
    if (alike.length > 0) return notSeen(`${parent} and ${alike.join(', ')} ended at the same SCN`);
    const seen = `level 1 from SCN ${level1.incrementalScn}; ${parent} ended at ${base.checkpointScn}`;
    return verdict(level1.incrementalScn === base.checkpointScn, seen);
  };
}

/** Whether the level 1 of `child` starts anywhere but where `base` ended. */
function parentIsNot(child: StepName, base: StepName): Judge {
  return (evidence) => {
    const [level1, avoided] = [recordOf(evidence, child), recordOf(evidence, base)];
    if (level1 === undefined || avoided === undefined) return notSeen(`no record of ${child} or ${base}`);
    const seen = `level 1 from SCN ${level1.incrementalScn}; ${base} ended at ${avoided.checkpointScn}`;
    return verdict(level1.incrementalScn !== avoided.checkpointScn, seen);
  };
}

const statusOf = (step: StepEvidence, handle: string | undefined): string =>
  step.records.find((record) => record.handle === handle)?.status ?? 'no record';
const handleOf = (evidence: Evidence, name: StepName): string | undefined =>
  evidence.steps[name]?.pieces.at(-1)?.handle;
const callsOf = ({ calls }: StepEvidence): SbtCall[] => calls.map(({ call }) => call);
const named = (step: StepEvidence, call: SbtCall): string[] =>
  step.calls.filter((traced) => traced.call === call).flatMap(({ handles }) => [...handles]);

const PIECES: readonly JudgedClaim[] = [
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

const PARENTS: readonly JudgedClaim[] = [
  {
    id: 'parent-newest-level-0',
    point: 'C2',
    what: 'a level 1 builds on the newest level 0 or 1 of its file',
    mark: 'C',
    judge: parentIs('level1', 'level0b', ['level0a']),
  },
  {
    id: 'parent-cumulative',
    point: 'C2',
    what: 'CUMULATIVE builds on the newest level 0, whatever level 1 came since',
    mark: 'C',
    judge: parentIs('cumulative', 'level0b', ['level0a', 'level1']),
  },
  {
    id: 'parent-uncatalogued',
    point: 'C2',
    what: 'an uncatalogued level 0 is no parent: the one before is',
    mark: 'C',
    judge: parentIs('cumulativeAfterUncatalog', 'level0a', ['level0b', 'level1', 'cumulative']),
  },
  {
    id: 'parent-expired',
    point: 'C2',
    what: 'an EXPIRED level 0 is no parent',
    mark: 'C',
    judge: parentIsNot('cumulativeAfterExpire', 'level0a'),
  },
];

const NAMES: readonly JudgedClaim[] = [
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

const FAILURES: readonly JudgedClaim[] = [
  {
    id: 'killed-channel',
    point: 'C4',
    what: 'a channel that is killed in mid-piece leaves no record of it, and RMAN ends with an error',
    mark: 'C',
    judge: of('killedChannel', (step, { prefix }) => {
      const left = step.records.filter(({ handle }) => handle.startsWith(`${prefix}killedChannel_`));
      return verdict(
        step.exitCode !== 0 && left.length === 0,
        `exit ${step.exitCode}, ${left.length} record(s)`,
      );
    }),
  },
  {
    id: 'close-refused',
    point: 'C5',
    what: 'a close that fails fails the backup with ORA-19511 and our text, and nothing is recorded',
    mark: 'C',
    judge: of('closeRefused', (step, { prefix }) => {
      const left = step.records.filter(({ handle }) => handle.startsWith(`${prefix}closeRefused_`));
      const told = step.output.includes('ORA-19511') && step.output.includes(LIE_TEXT);
      const seen = `exit ${step.exitCode}, ${left.length} record(s), our text ${told ? 'shown' : 'not shown'}`;
      return verdict(step.exitCode !== 0 && left.length === 0 && told, seen);
    }),
  },
];

const MAINTENANCE: readonly JudgedClaim[] = [
  {
    id: 'crosscheck-asks-only-these',
    point: 'C5',
    what: 'CROSSCHECK BACKUPPIECE asks sbtinfo2 about the named pieces and no others',
    mark: 'C',
    judge: of('expire', (step, evidence) => {
      const asked = named(step, 'info');
      return verdict(
        asked.length > 0 && asked.every((handle) => handle === handleOf(evidence, 'level0a')),
        `asked: ${asked.join(', ')}`,
      );
    }),
  },
  {
    id: 'crosscheck-expires',
    point: 'C5',
    what: 'a piece that sbtinfo2 does not find becomes EXPIRED, and AVAILABLE again when it is found',
    mark: 'A',
    judge: (evidence) => {
      const { expire, available } = evidence.steps;
      if (expire === undefined || available === undefined) return notSeen('the crosschecks did not run');
      const handle = handleOf(evidence, 'level0a');
      const seen = `${statusOf(expire, handle)}, then ${statusOf(available, handle)}`;
      return verdict(seen === 'X, then A', seen);
    },
  },
  {
    id: 'crosscheck-fails-closed',
    point: 'C5',
    what: 'when sbtinfo2 fails, CROSSCHECK fails and changes no record',
    mark: 'C',
    judge: of('crosscheckFails', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'level0a'));
      return verdict(status === 'A' && step.exitCode !== 0, `exit ${step.exitCode}, status ${status}`);
    }),
  },
  {
    id: 'uncatalog-is-local',
    point: 'C5',
    what: 'UNCATALOG removes the record and asks the library nothing about the piece',
    mark: 'C',
    judge: of('uncatalog', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'level0b'));
      const asked = callsOf(step).filter((call) => !['init', 'end', 'command'].includes(call));
      return verdict(
        status === 'no record' && asked.length === 0,
        `${status}; calls: ${asked.join(', ') || 'none'}`,
      );
    }),
  },
  {
    id: 'catalog-reads',
    point: 'C5',
    what: 'CATALOG BACKUPPIECE on tape reads the piece and records it again under its name',
    mark: 'C',
    judge: of('catalog', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'level0b'));
      const isRead = callsOf(step).includes('restore');
      return verdict(status === 'A' && isRead, `status ${status}; calls: ${callsOf(step).join(', ')}`);
    }),
  },
  {
    id: 'delete-refused',
    point: 'C5',
    what: 'when sbtremove2 fails, DELETE fails and the record stays',
    mark: 'C',
    judge: of('deleteRefused', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'sections'));
      return verdict(status === 'A', `exit ${step.exitCode}, status ${status}`);
    }),
  },
  {
    id: 'delete-removes',
    point: 'C5',
    what: 'DELETE looks a piece up, has it removed, and drops its record',
    mark: 'C',
    judge: of('delete', (step, evidence) => {
      const status = statusOf(step, handleOf(evidence, 'sections'));
      const calls = callsOf(step);
      const inOrder = calls.includes('info') && calls.indexOf('info') < calls.indexOf('remove');
      return verdict(status === 'no record' && inOrder, `${status}; calls: ${calls.join(', ')}`);
    }),
  },
  {
    id: 'validate-reads',
    point: 'C5',
    what: 'RESTORE … VALIDATE reads pieces through the library and ends well',
    mark: 'B',
    judge: of('validate', (step) =>
      verdict(
        step.exitCode === 0 && named(step, 'restore').length > 0,
        `exit ${step.exitCode}, read: ${named(step, 'restore').join(', ')}`,
      ),
    ),
  },
];

const SURROUNDINGS: readonly JudgedClaim[] = [
  {
    id: 'sbttest',
    point: 'C5',
    what: 'sbttest ends with exit code 0 on our library',
    mark: 'B',
    judge: ({ sbttest }) =>
      sbttest === null
        ? notSeen('sbttest is not in this home')
        : verdict(sbttest.exitCode === 0, `exit ${sbttest.exitCode}`),
  },
  {
    id: 'product-queries',
    point: 'C6',
    what: 'every question of the product is answered by this release: its views and columns are there',
    mark: 'C',
    judge: ({ queries }) => {
      const all = Object.entries(queries);
      if (all.length === 0) return notSeen('the database was not asked');
      const failed = all.filter(([, { error }]) => error !== null);
      const seen = failed.map(([name, { error }]) => `${name}: ${error}`).join('; ');
      return verdict(failed.length === 0, seen === '' ? `${all.length} questions answered` : seen);
    },
  },
];

/** Units that are not empty: a file's never used blocks are not in a piece, the end of its last media block is. */
function usedUnits({ hashes }: StepEvidence['pieces'][number]): number {
  const counts = new Map<string, number>();
  for (const hash of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const padding = Math.max(0, ...counts.values());
  return hashes.length - (padding > 1 ? padding : 0);
}

export const JUDGED_CLAIMS: readonly JudgedClaim[] = [
  ...PIECES,
  ...PARENTS,
  ...NAMES,
  ...FAILURES,
  ...MAINTENANCE,
  ...SURROUNDINGS,
];
