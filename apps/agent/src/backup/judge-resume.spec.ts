// Which files of an interrupted level 0 are taken over, and each reason to read one again.
import { type Scn } from '@adyton/domain';
import { type DataFileFacts } from './backup-run';
import { describeDoubt, describeResume, judgeResume, whyOutdated, type RedoRange } from './judge-resume';
import { type BackedUpSets } from './point-contents';

const scn = (value: number) => String(value) as Scn;
const dataFile = (facts: Partial<DataFileFacts> = {}): DataFileFacts => ({
  file: 4,
  name: '/u02/users01.dbf',
  tablespace: 'USERS',
  bytes: 1_000,
  blockBytes: 8_192,
  status: 'ONLINE',
  enabled: 'READ WRITE',
  headerError: null,
  creationScn: scn(10),
  checkpointScn: scn(900),
  unrecoverableScn: scn(0),
  isPluggedIn: false,
  pluggable: null,
  ...facts,
});
const set = (facts: Partial<BackedUpSets[number]> = {}): BackedUpSets[number] => ({
  file: 4,
  setStamp: 1,
  setCount: 1,
  level: 0,
  incrementalScn: scn(0),
  checkpointScn: scn(500),
  absoluteFuzzyScn: scn(0),
  resetlogsScn: scn(1),
  handles: ['a/1', 'a/2'],
  ...facts,
});
const log = (thread: number, firstScn: number, nextScn: number): RedoRange => ({
  thread,
  firstScn: scn(firstScn),
  nextScn: scn(nextScn),
});
const LOGS = [log(1, 400, 600), log(1, 600, 950), log(2, 300, 950)];
const judge = (file: DataFileFacts, sets: BackedUpSets = [set()], logs: readonly RedoRange[] = LOGS) =>
  judgeResume({ files: [file], sets, pieces: new Set(['a/1', 'a/2', 'a/3']), logs, resetlogsScn: scn(1) });
const whyNot = (...question: Parameters<typeof judge>) => judge(...question).readAgain[0]?.why;

it('S5.7 takes over the newest level 0 of a file whose pieces are all there', () => {
  expect(judge(dataFile()).finished).toEqual(new Map([[4, ['a/1', 'a/2']]]));
  const newer = set({ checkpointScn: scn(700), handles: ['a/3'] });
  expect(judge(dataFile(), [newer, set()]).finished).toEqual(new Map([[4, ['a/3']]]));
});

it.each([
  ['of which a piece is missing', { handles: ['a/1', 'a/9'] }],
  ['of level 1', { level: 1 as const }],
  ['of another file', { file: 5 }],
  ['of another incarnation', { resetlogsScn: scn(2) }],
])('S5.7 does not count a set %s', (_what, facts) => {
  expect(judge(dataFile(), [set(facts)])).toEqual({ finished: new Map(), readAgain: [] });
});

it('S5.7 reads a file again that changed in a way that redo does not bring back', () => {
  expect(whyNot(dataFile({ unrecoverableScn: scn(501) }))).toBe('it has changes without redo since');
  expect(whyNot(dataFile({ unrecoverableScn: scn(500) }))).toBeUndefined();
  expect(whyNot(dataFile({ creationScn: scn(501) }))).toBe('it was made anew since');
  expect(whyNot(dataFile({ enabled: 'READ ONLY' }))).toBe('it became READ ONLY since');
  expect(whyNot(dataFile({ status: 'RECOVER' }))).toBe('it became RECOVER since');
});

it('S5.7 reads a file again that is backed up in sections', () => {
  expect(whyNot(dataFile({ bytes: 64 * 1024 ** 3 }))).toBeUndefined();
  expect(whyNot(dataFile({ bytes: 64 * 1024 ** 3 + 8_192 }))).toBe('it is backed up in sections');
});

it('S5.7 takes over a file that was at rest all the time, and needs no redo for it', () => {
  const atRest = { checkpointScn: scn(500), enabled: 'READ ONLY' };
  expect(judge(dataFile(atRest), [set()], [log(1, 900, 950)]).finished.size).toBe(1);
  expect(whyOutdated(dataFile(atRest), scn(500))).toBeNull();
});

it('S5.7 reads a file again when redo is missing since it was read, in any thread', () => {
  const why = (thread: number) =>
    `an archived log of thread ${thread} since then is neither in the vault nor on disk`;
  expect(whyNot(dataFile(), [set()], [log(1, 400, 600), log(1, 700, 950), log(2, 300, 950)])).toBe(why(1));
  expect(whyNot(dataFile(), [set()], [log(1, 400, 950), log(2, 600, 950)])).toBe(why(2));
  expect(whyNot(dataFile(), [set()], [log(1, 100, 200), log(1, 450, 600), log(1, 450, 950)])).toBeUndefined();
});

it('says what is taken over, what is read again and why, and when nothing can be relied on', () => {
  const resumable = judgeResume({
    files: [dataFile(), dataFile({ file: 5, unrecoverableScn: scn(900) })],
    sets: [set(), set({ file: 5, handles: ['a/3'] })],
    pieces: new Set(['a/1', 'a/2', 'a/3']),
    logs: LOGS,
    resetlogsScn: scn(1),
  });
  expect(describeResume(resumable, ['run_A'])).toMatchObject({
    verdict: 'ok',
    evidence:
      '1 data file(s) are taken over from run_A; data file 5 (/u02/users01.dbf) is read again: it has changes without redo since',
  });
  expect(describeDoubt(['run_A'], 'ADY_RMAN_FAILED: …')).toMatchObject({
    verdict: 'warning',
    evidence: expect.stringContaining('could not be crosschecked: ADY_RMAN_FAILED') as string,
  });
});
