// What stands for each data file in a recovery point. The parts of RMAN's records that matter here; whole runs are in test/workflow.
import { type Scn } from '@adyton/domain';
import { type DataFileFacts } from './backup-run';
import { type BackedUpSets } from './point-contents';
import { reconcileFiles } from './reconcile-files';

const scn = (n: number) => String(n) as Scn;
const OWN = new Set(['k/own']);
const PLAN = {
  leftOut: [],
  finished: new Map<number, readonly string[]>(),
  plannedFrom: { scn: scn(500), openPluggables: new Set<string>() },
};

const dataFile = (fields: Partial<DataFileFacts> = {}): DataFileFacts => ({
  ...{ file: 9, name: '/u02/sales02.dbf', tablespace: 'SALES', bytes: 8192, blockBytes: 8192 },
  ...{ status: 'ONLINE', enabled: 'READ WRITE', headerError: null },
  ...{ creationScn: scn(10), checkpointScn: scn(650), unrecoverableScn: scn(0) },
  ...{ isPluggedIn: false, pluggable: null },
  ...fields,
});

const set = (fields: Partial<BackedUpSets[number]> = {}): BackedUpSets[number] => ({
  ...{ file: 9, setStamp: 1, setCount: 1, level: 0, incrementalScn: scn(0), checkpointScn: scn(510) },
  ...{ absoluteFuzzyScn: scn(0), resetlogsScn: scn(1), handles: ['k/own'] },
  ...fields,
});

const reconciled = (file: DataFileFacts, sets: BackedUpSets, plan = PLAN) =>
  reconcileFiles(plan, { facts: [file], sets, own: OWN });

it('S4.2 takes the set of this run for a file that the plan named', () => {
  const { files, recreated } = reconciled(dataFile(), [set({ handles: ['k/other'] }), set()]);
  expect([files.map((f) => f.contents.handles), recreated]).toEqual([[['k/own']], []]);
});

it('S4.2 takes no set of a dropped file for the new one of the same number, which redo makes', () => {
  const { files, recreated } = reconciled(dataFile({ creationScn: scn(600) }), [set()]);
  expect([files, recreated.map((f) => f.creationScn)]).toEqual([[], [scn(600)]]);
});

it('S5.7 takes no set over that an interrupted attempt made of a dropped file of the same number', () => {
  const plan = { ...PLAN, finished: new Map([[9, ['k/before']]]) };
  const before = set({ handles: ['k/before'], checkpointScn: scn(300) });
  expect(reconciled(dataFile({ creationScn: scn(600) }), [before], plan).files).toEqual([]);
  expect(() => reconciled(dataFile({ creationScn: scn(400) }), [before], plan)).toThrow(/in no piece/);
});

it('S4.2 makes no point of a file without a set that was there when the backup was planned', () => {
  expect(() => reconciled(dataFile(), [set({ file: 8 })])).toThrow(/^data file 9 .+ in no piece/);
});
