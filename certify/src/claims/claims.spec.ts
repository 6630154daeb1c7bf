// Verdicts say what was seen and no more.
import { type Evidence, type PieceRecord, type StepEvidence, type StepName } from '../evidence';
import { PieceObserver } from '../media/piece-facts';
import { JUDGED_CLAIMS } from './certified';

const NOTHING: Evidence = {
  prefix: 'p_',
  dataFile: null,
  newFile: null,
  queries: {},
  sbttest: null,
  steps: {},
};

function judged(id: string, evidence: Evidence) {
  return JUDGED_CLAIMS.find((claim) => claim.id === id)?.judge(evidence);
}

function backup(handle: string, scns: { from?: string; to: string }): StepEvidence {
  const record: PieceRecord = {
    ...{ handle, status: 'A', file: 1, level: 1 },
    ...{ incrementalScn: scns.from ?? '0', checkpointScn: scns.to },
  };
  const pieces = [{ ...new PieceObserver(handle, 8192, 8192).facts(), bytesNew: 0 }];
  return { exitCode: 0, output: '', calls: [], pieces, records: [record] };
}

const withSteps = (steps: Partial<Record<StepName, StepEvidence>>): Evidence => ({ ...NOTHING, steps });

it('judges nothing where nothing was seen', () => {
  expect(JUDGED_CLAIMS.map(({ judge }) => judge(NOTHING).outcome)).toEqual(
    JUDGED_CLAIMS.map(() => 'not-seen'),
  );
});

it('names every claim once, each with a point', () => {
  expect(new Set(JUDGED_CLAIMS.map(({ id }) => id)).size).toBe(JUDGED_CLAIMS.length);
});

it('tells the parent by its SCN, and says so when two bases cannot be told apart', () => {
  const steps = (a: string, b: string, from: string) =>
    withSteps({
      level0a: backup('p_level0a_x', { to: a }),
      level0b: backup('p_level0b_x', { to: b }),
      level1: backup('p_level1_x', { from, to: '30' }),
    });
  expect(judged('parent-newest-level-0', steps('10', '20', '20'))).toMatchObject({ outcome: 'confirmed' });
  expect(judged('parent-newest-level-0', steps('10', '20', '10'))).toMatchObject({ outcome: 'refuted' });
  expect(judged('parent-newest-level-0', steps('20', '20', '20'))).toMatchObject({ outcome: 'not-seen' });
});

it('tells a level 1 of a new file by its level, and by where it begins', () => {
  const of = (record: Partial<PieceRecord>) => {
    const step = backup('p_newFileLevel1_x', { from: '7', to: '30' });
    const records = step.records.map((known) => ({ ...known, ...record }));
    return { ...withSteps({ newFileLevel1: { ...step, records } }), newFile: { file: 9, creationScn: '7' } };
  };
  expect(judged('new-file-level-1', of({}))).toMatchObject({ outcome: 'confirmed' });
  expect(judged('new-file-level-1', of({ level: 0 }))).toMatchObject({ outcome: 'refuted' });
  expect(judged('new-file-level-1', of({ incrementalScn: '8' }))).toMatchObject({ outcome: 'refuted' });
});

it('takes an excluded file for backed up only when there is a piece of it', () => {
  const step = backup('p_excludedNamed_x', { to: '30' });
  const outcome = (excludedNamed: StepEvidence) =>
    judged('excluded-named-file', withSteps({ excludedNamed }));
  expect(outcome(step)).toMatchObject({ outcome: 'confirmed' });
  expect(outcome({ ...step, pieces: [] })).toMatchObject({ outcome: 'refuted' });
});

it('recognises blocks by their own marks, also when the bytes come cut anywhere', () => {
  const block = Buffer.alloc(8192);
  block.set([0x06, 0xa2], 0);
  block.writeUInt32LE(7, 4);
  block.writeUInt16LE(0x1234, 8);
  block[14] = 1;
  block.writeUInt32LE(0x12340601, 8188);
  const observer = new PieceObserver('h', 8192, 8192);
  const bytes = Buffer.concat([block, block, Buffer.alloc(8192)]);
  for (let at = 0; at < bytes.length; at += 5000) observer.add(bytes.subarray(at, at + 5000));
  expect(observer.facts()).toMatchObject({ bytes: 24_576, units: 3, oracleBlocks: 2, ascendingBlocks: 1 });
});
