// The channel of a pre-check, as the library of any process that reaches the socket could open one.
import { CHECK_RUN } from '@adyton/sbt';
import { authoriseSession } from './authorise-session';
import { type RunSessions } from './run-sessions';

const hello = { token: 'nobody’s', channel: 'c1', pid: 1, libraryVersion: '0.1.0' };
const LIMIT = { seconds: 5, storeName: 'a store' };
let asked: string[];
const sessions = {
  ensure: (runId: string) => {
    asked.push(runId);
    return Promise.reject(new Error('nobody grants it'));
  },
} as unknown as RunSessions;
beforeEach(() => {
  asked = [];
});

it('S4.6 is answered without a grant, and may do nothing', async () => {
  const session = await authoriseSession(sessions, { ...hello, runId: CHECK_RUN }, LIMIT);
  const piece = { handle: 'h', blockBytes: 1, databaseName: 'ORCL', dbid: '1', copyNumber: 1 };
  const calls = [
    () => session.openPiece(piece),
    () => session.readPiece(piece),
    () => session.pieceInfo(['h']),
    () => session.removePieces(['h']),
  ];
  for (const call of calls) await expect(call()).rejects.toThrow(/^ADY_SBT_REFUSED: /);
  await session.command('');
  await session.end('ended');
  expect(asked).toEqual([]);
});

it('is the only one that is: a run is asked for', async () => {
  const runId = `run_${'0'.repeat(26)}`;
  await expect(authoriseSession(sessions, { ...hello, runId }, LIMIT)).rejects.toThrow('nobody grants it');
  await expect(authoriseSession(sessions, { ...hello, runId: 'checks' }, LIMIT)).rejects.toThrow(
    /ADY_SBT_REFUSED/,
  );
  expect(asked).toEqual([runId]);
});
