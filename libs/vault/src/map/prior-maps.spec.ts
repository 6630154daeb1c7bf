// What a session keeps in memory of the maps that earlier backups left.
import { dataFilePiece, range } from '../testing/oracle-stream';
import { testVault, writePiece } from '../testing/test-vault';
import { PriorMaps } from './prior-maps';

/** Far below the columns of the recipe read here. */
const BYTES_HELD_MAX = 256;

describe('the block maps that earlier backups left', () => {
  it('hold nothing of the recipes they were found in but ids and locations of map chunks', async () => {
    const vault = testVault();
    const session = await vault.session(100);
    const handle = 'adyton/run1_1_F4_1';
    const stream = dataFilePiece({ run: 1, blocks: range(1, 4000), versionOf: () => 1, blockBytes: 8192 });
    await writePiece(session, handle, stream);
    await session.commit({ contents: {}, closure: [handle] });
    await session.end();

    const regions = await new PriorMaps(vault.store, vault.keys).of('adyton/run2_1_F4_1');
    const chunks = regions.flatMap((region) => region.chunks);
    expect(chunks.length).toBeGreaterThan(0);
    for (const { id, location } of chunks) {
      expect(id.buffer.byteLength).toBeLessThanOrEqual(BYTES_HELD_MAX);
      expect(location.buffer.byteLength).toBeLessThanOrEqual(BYTES_HELD_MAX);
    }
  });
});
