// The calls of a channel while the object store takes requests and answers none, on a real vault in memory. The limit is a moment, so that nothing
// here waits for longer.
import { MemoryStore, type GetOptions, type RequestOptions } from '@adyton/object-store';
import { type PieceToOpen } from '@adyton/sbt';
import { type WriterSession } from '@adyton/vault';
import { noise } from '../../../../libs/vault/src/testing/noise';
import { emptyVault } from '../../../../libs/vault/src/testing/small-vault';
import { DBID } from '../../../../libs/vault/src/testing/test-vault';
import { PieceSession } from './piece-session';
import { type RunSession } from './run-session';

const LIMIT = { seconds: 0.05, storeName: 'a store' };
const HELD_UP = {
  sbtCode: 7501,
  message: expect.stringMatching(/^ADY_STORE_UNAVAILABLE: a store held the answer up/) as string,
};
const PIECE: PieceToOpen = {
  handle: 'misc_1',
  blockBytes: 1,
  databaseName: 'ORCL',
  dbid: DBID,
  copyNumber: 1,
};
const MIB = 1024 * 1024;

/** Requests wait until somebody lets them go, or they are aborted. */
class HangingStore extends MemoryStore {
  hangs = false;
  letGo = Promise.withResolvers<void>();

  override async create(key: string, bytes: Uint8Array, options: RequestOptions = {}) {
    await this.answer(options);
    return super.create(key, bytes);
  }
  override async get(key: string, options: GetOptions = {}) {
    await this.answer(options);
    return super.get(key, options);
  }
  override async *list(prefix: string, options: RequestOptions = {}) {
    await this.answer(options);
    yield* super.list(prefix);
  }

  private async answer({ signal }: RequestOptions): Promise<void> {
    if (!this.hangs) return;
    const aborted = Promise.withResolvers<never>();
    signal?.addEventListener('abort', () => aborted.reject(new Error('aborted')));
    await Promise.race([this.letGo.promise, aborted.promise]);
  }
}

/** As much of a run as a channel that writes needs. */
function runOf(session: WriterSession, opened: Promise<unknown>[]): RunSession {
  return {
    stopped: new AbortController().signal,
    grant: { runId: 'run_1', dbid: DBID },
    channelOpened: () => undefined,
    writer: () => session,
    openPiece: (handle: string) => {
      const opening = session.openPiece(handle);
      opened.push(opening);
      return opening;
    },
  } as unknown as RunSession;
}

async function channel() {
  const store = new HangingStore();
  const session = await (await emptyVault(store)).session(1);
  const opened: Promise<unknown>[] = [];
  return { store, session, opened, channel: new PieceSession(runOf(session, opened), LIMIT) };
}

it('a piece that the store opens too late is refused with the code of the store, and is not left open', async () => {
  const { store, session, opened, channel: held } = await channel();
  store.hangs = true;
  await expect(held.openPiece(PIECE)).rejects.toMatchObject(HELD_UP);
  store.hangs = false;
  store.letGo.resolve();
  await opened[0];
  while (session.hasOpenPieces()) await new Promise(setImmediate);
  await (await held.openPiece(PIECE)).abort('the handle is free again');
});

it('a piece that is thrown away waits for no upload', async () => {
  const { store, channel: writing } = await channel();
  const piece = await writing.openPiece(PIECE);
  store.hangs = true;
  for (let i = 0; i < 40; i += 1) await piece.write(noise(i, MIB)); // more than a pack
  await piece.abort('RMAN aborted the piece');
});
