// A session that is stopped: nothing of it is closed any more, and nobody waits for a store that does not answer.
import { MemoryStore, type RequestOptions } from '@adyton/object-store';
import { noise } from '../testing/noise';
import { testVault } from '../testing/test-vault';

const REASON = new Error('ADY_CANCELLED: the run is being cancelled');
const MIB = 1024 * 1024;

/** Packs hang until their request is aborted; recipes until somebody lets them go. */
class HangingStore extends MemoryStore {
  hangs: 'packs' | 'recipes' | 'nothing' = 'nothing';
  readonly reached = Promise.withResolvers<void>();
  readonly letGo = Promise.withResolvers<void>();

  override async create(key: string, bytes: Uint8Array, { signal }: RequestOptions = {}) {
    if (this.hangs === 'packs' && key.startsWith('pack/')) {
      this.reached.resolve();
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    }
    const created = await super.create(key, bytes);
    if (this.hangs === 'recipes' && key.startsWith('piece/')) {
      this.reached.resolve();
      await this.letGo.promise;
    }
    return created;
  }
}

async function closing(hangs: HangingStore['hangs']) {
  const store = new HangingStore();
  const vault = testVault(store);
  const session = await vault.session(1);
  store.hangs = hangs;
  const piece = await session.openPiece('misc_1');
  await piece.write(noise(1, MIB));
  const closed = piece.close().then(
    () => 'closed',
    (error: unknown) => error,
  );
  await store.reached.promise;
  return { store, vault, session, closed };
}

describe('a stopped session', () => {
  it('lets go of an upload that hangs, and leaves no piece', async () => {
    const { store, vault, session, closed } = await closing('packs');
    session.stop(REASON);
    expect(await closed).toBe(REASON);
    store.hangs = 'nothing';
    await session.leavePartial('cancelled');
    await session.end();
    expect(await vault.keysBelow('piece/')).toEqual([]);
    expect(await vault.keysBelow('manifest/')).toEqual([]);
  });

  it('hides a recipe that became durable while it was stopped', async () => {
    const { store, session, closed } = await closing('recipes');
    session.stop(REASON);
    store.letGo.resolve();
    expect(await closed).toBe(REASON);
    expect(await session.findPiece('misc_1')).toBeNull();
    expect(session.closedPiece('misc_1')).toBeNull();
    await session.end();
  });

  it('keeps what was closed before, takes no more bytes, and opens no piece', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    const before = await session.openPiece('misc_0');
    await before.write(noise(2, MIB));
    await before.close();
    const open = await session.openPiece('misc_1');
    session.stop(REASON);
    expect(() => open.write(noise(3, MIB))).toThrow(REASON);
    await expect(open.close()).rejects.toBe(REASON);
    await expect(session.openPiece('misc_2')).rejects.toBe(REASON);
    expect(await vault.restore('misc_0')).toEqual(noise(2, MIB));
    await session.leavePartial('cancelled');
    await session.end();
  });
});
