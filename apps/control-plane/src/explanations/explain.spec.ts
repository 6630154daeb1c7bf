// The sentence and the next step for every state of a request and of a run.
import { reasonOf, type BackupRequest, type RunDetail } from '@adyton/contracts';
import { requestTransitions, runTransitions, statesOf } from '@adyton/domain';
import { explainRequest, explainRun } from './explain';

const reason = {
  code: 'ADY_EXPIRED',
  title: 'too late',
  detail: 'its window ended',
  hint: 'ask again',
  phase: null,
  instance: null,
  oraErrors: [],
};
const host = { name: 'db1', lastSeenAt: '2026-01-01T00:00:00.000Z' };
const request = (fields: Partial<BackupRequest>): BackupRequest =>
  ({
    id: 'req_1',
    lane: 'data',
    state: 'dispatching',
    reason: null,
    expiresAt: null,
    runId: null,
    ...fields,
  }) as BackupRequest;
const run = (fields: Partial<RunDetail>): RunDetail =>
  ({ id: 'run_1', state: 'running', phase: 'transfer', reason: null, moves: [], ...fields }) as RunDetail;
const running = { host, presence: 'running', active: null } as const;
const leased = { host, presence: 'running', leaseUntil: 'T', cancelRequested: false } as const;

it('has a sentence for every state of a request and of a run', () => {
  for (const state of statesOf(requestTransitions))
    expect(explainRequest({ ...running, request: request({ state, reason }) }).summary).not.toBe('');
  for (const state of statesOf(runTransitions))
    expect(explainRun({ ...leased, run: run({ state, reason }) }).summary).not.toBe('');
});

it('names the agent a request waits for, and the end of its window', () => {
  const waiting = request({ state: 'waiting_for_agent', expiresAt: '2026-01-01T04:00:00.000Z' });
  const { summary, next } = explainRequest({ ...running, request: waiting, presence: 'not-running' });
  expect(summary).toContain('db1');
  expect(summary).toContain('2026-01-01T04:00:00.000Z');
  expect(next).toContain('start the agent');
});

it('names the run that holds the lane', () => {
  const { summary } = explainRequest({ ...running, request: request({}), active: { id: run({}).id } });
  expect(summary).toContain('run_1');
});

it('does not claim to know about an agent when Redis cannot be asked', () => {
  const { summary } = explainRequest({ ...running, request: request({}), presence: 'unknown' });
  expect(summary).toContain('nobody knows');
});

it('gives the reason and its hint of whatever ended badly', () => {
  expect(explainRequest({ ...running, request: request({ state: 'expired', reason }) })).toEqual({
    summary: 'it is expired: its window ended',
    next: 'ask again',
  });
  expect(explainRun({ ...leased, run: run({ state: 'failed', reason }) }).next).toBe('ask again');
});

it('says when a run without its agent will fail', () => {
  const { summary } = explainRun({ ...leased, run: run({}), presence: 'not-running' });
  expect(summary).toContain('fails at T');
});

it('S4.5 says which agent a moved run waits for, and until when', () => {
  const move = {
    at: 'T',
    from: { instance: 'ORCL1', hostName: 'db1' },
    to: { instance: 'ORCL2', hostName: 'db2' },
    reason: reasonOf('ADY_PRECHECK_FAILED', 'dedup-worker: socket /s'),
    takenAt: null,
  };
  const onItsWay = { ...leased, host: { ...host, name: 'db2' } };
  const { summary } = explainRun({ ...onItsWay, run: run({ state: 'planning', moves: [move] }) });
  expect(summary).toMatch(/left ORCL1.*agent on db2 has until T .*for ORCL2/);
  const taken = run({ state: 'planning', phase: 'level', moves: [{ ...move, takenAt: 'T' }] });
  expect(explainRun({ ...onItsWay, run: taken }).summary).toBe('it is in phase level on db2');
});
