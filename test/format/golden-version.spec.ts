// `npm run golden:write` writes the golden vault of this program's version; otherwise this sees that there is one.
import { openObjectStore } from '@adyton/object-store';
import { createVault } from '@adyton/vault';
import { goldenVersions, versionOf, writeGolden } from './golden-vault';

it('there is a golden vault of the version this program writes', async () => {
  if (process.env['GOLDEN_WRITE'] === 'yes') await writeGolden();
  const store = await openObjectStore({ kind: 'memory' });
  const now = new Date('2027-01-01T00:00:00Z');
  await createVault(store, { unlock: { kind: 'key-file', key: Buffer.alloc(32) }, now });
  expect(goldenVersions()).toContain(await versionOf(store));
});
