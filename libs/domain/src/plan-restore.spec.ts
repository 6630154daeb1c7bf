// Which point and which logs a restore reads, and why there may be none.
import { planRestore, type LogRange, type RecoveryPointFacts } from './plan-restore';
import { parseScn } from './scn';

const scn = (n: number) => parseScn(String(n));

function log(sequence: number, [first, next]: readonly [number, number], resetlogs = 1): LogRange {
  return {
    thread: 1,
    sequence,
    resetlogsScn: scn(resetlogs),
    firstScn: scn(first),
    nextScn: scn(next),
    handle: `log-${sequence}`,
  };
}

function point(name: string, consistent: number, logs: readonly LogRange[] = []): RecoveryPointFacts {
  return {
    id: name as RecoveryPointFacts['id'],
    level: 'level0',
    resetlogsScn: scn(1),
    consistentScn: scn(consistent),
    redoFromScn: scn(consistent - 10),
    logs,
    missingFiles: [],
  };
}

const LOGS = [log(1, [80, 120]), log(2, [120, 200]), log(3, [200, 300])];

describe('planRestore', () => {
  it('starts from the newest point that is consistent by the goal, and reads the logs from there to it', () => {
    const plan = planRestore([point('old', 100), point('new', 210, LOGS), point('later', 290)], {
      untilScn: scn(250),
    });
    expect(plan).toMatchObject({ kind: 'found', base: { id: 'new' }, untilScn: '250' });
    expect(plan.kind === 'found' && plan.logs.map((l) => l.sequence)).toEqual([3]);
  });

  it('reads no log beyond the goal: UNTIL SCN is exclusive', () => {
    const plan = planRestore([point('p', 100, LOGS)], { untilScn: scn(200) });
    expect(plan.kind === 'found' && plan.logs.map((l) => l.sequence)).toEqual([1, 2]);
  });

  it('goes as far as the logs reach when no goal is given', () => {
    expect(planRestore([point('p', 100, LOGS)], { untilScn: null })).toMatchObject({
      kind: 'found',
      untilScn: '300',
    });
  });

  it('takes logs from whichever point holds them, each once', () => {
    const plan = planRestore([point('p', 100, LOGS.slice(0, 2)), point('q', 295, LOGS)], {
      untilScn: scn(290),
    });
    expect(plan.kind === 'found' && plan.logs.map((l) => l.sequence)).toEqual([1, 2, 3]);
  });

  it('names the SCN from which a log is missing', () => {
    const holed = [log(1, [80, 120]), log(3, [200, 300])];
    expect(planRestore([point('p', 100, holed)], { untilScn: scn(250) })).toEqual({
      kind: 'log-gap',
      thread: 1,
      missingFromScn: '120',
      latestScn: '120',
    });
  });

  it('does not use logs of another incarnation', () => {
    const others = [log(1, [80, 120]), log(2, [120, 300], 7)];
    expect(planRestore([point('p', 100, others)], { untilScn: scn(250) })).toMatchObject({
      kind: 'log-gap',
      missingFromScn: '120',
    });
  });

  it('says what the earliest moment is when the goal lies before it', () => {
    expect(planRestore([point('p', 100, LOGS)], { untilScn: scn(50) })).toEqual({
      kind: 'no-base',
      earliestScn: '100',
    });
    expect(planRestore([], { untilScn: null })).toEqual({ kind: 'no-base', earliestScn: null });
  });
});

describe('a point that lacks data files', () => {
  const lacking = (name: string, consistent: number, logs: readonly LogRange[] = []) => ({
    ...point(name, consistent, logs),
    missingFiles: [7],
  });
  const untilScn = scn(250);

  it('S3.5 is passed over for an older complete one, when the logs lead on from there', () => {
    const plan = planRestore([point('whole', 100), lacking('newer', 210, LOGS)], { untilScn });
    expect(plan).toMatchObject({ kind: 'found', base: { id: 'whole' } });
    expect(plan.kind === 'found' && plan.logs.map((l) => l.sequence)).toEqual([1, 2, 3]);
  });

  it('S3.5 is not restored from unless somebody agreed to go without the files', () => {
    const points = [point('whole', 100), lacking('newer', 210, LOGS.slice(2))];
    expect(planRestore(points, { untilScn })).toMatchObject({ kind: 'incomplete', base: { id: 'newer' } });
    expect(planRestore(points, { untilScn, acceptMissingFiles: true })).toMatchObject({
      kind: 'found',
      base: { id: 'newer' },
    });
  });
});
