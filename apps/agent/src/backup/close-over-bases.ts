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
  const handles: string[] = [];
  let current = set;
  while (current.level === 1) {
    const { file, incrementalScn, checkpointScn } = current;
    const parent = all.find(
      (other) =>
        other.file === file &&
        other.level !== null &&
        compareScn(other.checkpointScn, incrementalScn) === 0 &&
        compareScn(other.checkpointScn, checkpointScn) < 0,
    );
    if (parent === undefined) return { kind: 'broken', atScn: incrementalScn };
    handles.push(...parent.handles);
    current = parent;
  }
  return { kind: 'complete', handles };
}
