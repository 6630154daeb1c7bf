import { faultyStore, MemoryStore, type ObjectStore, type StoreOperation } from '@adyton/object-store';
import { deriveDatabaseKeys, type WriterSession } from '@adyton/vault';
import { noise } from '../../../../libs/vault/src/testing/noise';
import { emptyVault } from '../../../../libs/vault/src/testing/small-vault';
import { DBID, writePiece } from '../../../../libs/vault/src/testing/test-vault';
import { PieceAnswers } from './piece-answers';

const OWN = 'adyton/run2_own_1';
const EARLIER = 'adyton/run1_earlier_1';
const UNKNOWN = 'adyton/run9_unknown_1';

/** Counts what is asked of a store, which may be unreachable. */
function watched(inner: ObjectStore): { store: ObjectStore; asked: StoreOperation[]; goAway: () => void } {
  const asked: StoreOperation[] = [];
  let away = false;
  const store = faultyStore(inner, (operation) => {
    asked.push(operation);
    return away ? 'unavailable' : null;
  });
  return { store, asked, goAway: () => (away = true) };
}

async function twoRuns() {
  const memory = new MemoryStore();
  const vault = await emptyVault(memory);
  const writeOne = async (session: WriterSession, handle: string): Promise<void> =>
    void (await writePiece(session, handle, noise(handle.length, 20_000)));
  const earlier = await vault.session(1);
  await writeOne(earlier, EARLIER);
  await earlier.leavePartial('RMAN failed');
  await earlier.end();
  const session = await vault.session(2);
  await writeOne(session, OWN);
  const bucket = watched(memory);
  const { masterKey, vaultId } = vault.vault;
  const keys = deriveDatabaseKeys(masterKey, vaultId, DBID);
  const lookup = { store: bucket.store, keys, dbid: DBID, vaultId };
  return { session, bucket, answers: new PieceAnswers(lookup, session) };
}

const bytesOf = async (answers: PieceAnswers, handles: readonly string[]): Promise<(number | null)[]> =>
  (await answers.find(handles)).map((piece) => piece?.bytes ?? null);

describe('what a run is told about pieces', () => {
  it('is known of those it closed itself: the store is not asked', async () => {
    const { bucket, answers } = await twoRuns();
    bucket.goAway();
    expect(await bytesOf(answers, [OWN])).toEqual([20_000]);
    expect(bucket.asked).toEqual([]);
  });

  it('comes from the store for all others, each at its place', async () => {
    const { bucket, answers } = await twoRuns();
    expect(await bytesOf(answers, [UNKNOWN, OWN, EARLIER])).toEqual([null, 20_000, 20_000]);
    bucket.goAway();
    await expect(bytesOf(answers, [OWN, EARLIER])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('is that its own piece is not there once it removed it', async () => {
    const { session, answers } = await twoRuns();
    await session.removePiece(OWN);
    expect(await bytesOf(answers, [OWN])).toEqual([null]);
  });

  it('is nothing before the piece is closed', async () => {
    const { session, answers } = await twoRuns();
    const piece = await session.openPiece('adyton/run2_open_1');
    await piece.write(noise(5, 1000));
    expect(await bytesOf(answers, ['adyton/run2_open_1'])).toEqual([null]);
    await piece.abort();
  });
});
