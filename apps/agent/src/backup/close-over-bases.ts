// The base pieces a restore of one data file needs before its newest set, computed from the control file alone: a level 1 starts where its
// parent's checkpoint was, whichever run wrote the parent.
import { compareScn, type Scn } from '@adyton/domain';

export interface BackedUpFile {
  readonly file: number;
  readonly level: 0 | 1 | null;
  readonly incrementalScn: Scn;
  readonly checkpointScn: Scn;
  readonly handles: readonly string[];
}

export type BaseChain =
  | { readonly kind: 'complete'; readonly handles: readonly string[] }
  | { readonly kind: 'broken'; readonly atScn: Scn };

/** @param all every available set of this incarnation. */
export function closeOverBases(set: BackedUpFile, all: readonly BackedUpFile[]): BaseChain {
  const chain = [set];
  for (let current = set; current.level === 1;) {
    const parent = parentOf(current, all, chain);
    if (parent === undefined) return { kind: 'broken', atScn: current.incrementalScn };
    chain.push(parent);
    current = parent;
  }
  return { kind: 'complete', handles: chain.slice(1).flatMap(({ handles }) => handles) };
}

/**
 * Whatever holds the file as of the SCN at which the level 1 starts will do. In a file that did not change, read-only ones above all, several
 * sets end at the same SCN, the level 1 itself among them: the shortest way down is taken, and no set twice.
 */
function parentOf(
  { file, incrementalScn, checkpointScn }: BackedUpFile,
  all: readonly BackedUpFile[],
  chain: readonly BackedUpFile[],
): BackedUpFile | undefined {
  return all
    .filter(
      (other) =>
        other.file === file &&
        other.level !== null &&
        !chain.includes(other) &&
        compareScn(other.checkpointScn, incrementalScn) === 0 &&
        compareScn(other.checkpointScn, checkpointScn) <= 0,
    )
    .sort((a, b) => (a.level ?? 0) - (b.level ?? 0) || compareScn(a.incrementalScn, b.incrementalScn))
    .at(0);
}
