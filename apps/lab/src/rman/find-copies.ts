/** Which of the recorded image copies can serve as a parent, a base, or are meant by a maintenance command. */
import { type ControlFile, type DataFileCopy } from '../control-file/control-file';
import { parseScn, type Scn } from '../formats/scn';
import { type MaintainObject, type Qualifiers } from './ast';
import { RmanError } from './rman-error';
import { qualifierFilter, selectDataFiles } from './select-files';

export interface CopyChoice {
  tag?: string | undefined;
  /** Exclusive; undefined: any. */
  until?: Scn | undefined;
  /** Names of copies that turned out to be unreadable. */
  unreadable?: ReadonlySet<string>;
}

/** The newest available copy of the file that the choice allows. */
export function newestCopy(
  { dataFileCopies = [], resetlogsScn, incarnations }: ControlFile,
  file: number,
  { tag, until, unreadable }: CopyChoice = {},
): DataFileCopy | undefined {
  const known = [resetlogsScn, ...incarnations.map((incarnation) => incarnation.resetlogsScn)];
  return dataFileCopies
    .filter(
      (copy) =>
        copy.file === file &&
        copy.status === 'A' &&
        known.includes(copy.resetlogsScn) &&
        (tag === undefined || copy.tag === tag) &&
        unreadable?.has(copy.name) !== true &&
        (until === undefined ||
          (parseScn(copy.checkpointScn) <= until && parseScn(copy.absoluteFuzzyScn) < until)),
    )
    .reduce<DataFileCopy | undefined>(
      (best, copy) =>
        best !== undefined && parseScn(best.checkpointScn) > parseScn(copy.checkpointScn) ? best : copy,
      undefined,
    );
}

/** Copies a level 1 may build on: those of this incarnation that were made as a level 0. */
export function parentCopies(
  { dataFileCopies = [], resetlogsScn }: ControlFile,
  file: number,
): DataFileCopy[] {
  return dataFileCopies.filter(
    (copy) =>
      copy.file === file && copy.level === 0 && copy.status === 'A' && copy.resetlogsScn === resetlogsScn,
  );
}

type CopiesObject = Extract<MaintainObject, { kind: 'copies' }>;

/** Throws RMAN-20230 for a copy the control file does not know. */
export function selectCopies(
  controlFile: ControlFile,
  { object, qualifiers, dateFormat }: { object: CopiesObject; qualifiers: Qualifiers; dateFormat: string },
): DataFileCopy[] {
  const isMeant = qualifierFilter(qualifiers, dateFormat);
  return copiesOfObject(controlFile, object).filter((copy) => isMeant({ ...copy, deviceType: 'DISK' }));
}

function copiesOfObject(controlFile: ControlFile, { of, named }: CopiesObject): DataFileCopy[] {
  const { dataFileCopies = [] } = controlFile;
  if (named !== null) return named.map((wanted) => findCopy(controlFile, wanted));
  if (of === null) return dataFileCopies;
  const files = selectDataFiles(controlFile, of).map(({ file }) => file);
  return dataFileCopies.filter(({ file }) => files.includes(file));
}

/** By name, or by record id. Throws RMAN-20230. */
export function findCopy({ dataFileCopies = [] }: ControlFile, wanted: number | string): DataFileCopy {
  const copy = dataFileCopies.find(({ name, recid }) => name === wanted || recid === wanted);
  if (copy !== undefined) return copy;
  throw new RmanError([
    'RMAN-20230: datafile copy not found in the recovery catalog',
    `RMAN-06015: error while looking up datafile copy name: ${wanted}`,
  ]);
}

export function describeCopyRecord({ name, recid, stamp }: DataFileCopy): string {
  return `datafile copy file name=${name} RECID=${recid} STAMP=${stamp}`;
}
