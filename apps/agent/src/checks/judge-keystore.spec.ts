// What is asked of the keystore where tablespaces are encrypted, and which keys count as backed up.
import { type EncryptedTablespace } from '@adyton/oracle';
import { encryptionKeysOf, judgeKeystore, judgeKeystoreBackup } from './judge-keystore';

const [K1, K2] = ['A'.repeat(32), 'B'.repeat(32)];
const secret: EncryptedTablespace = { containerId: 0, name: 'SECRET', keyId: K1 };
const inPdb: EncryptedTablespace = { containerId: 3, name: 'HR', keyId: K2 };

it('S4.6 asks for an open keystore only where something is encrypted', () => {
  expect(judgeKeystore([], [{ containerId: 0, status: 'NOT_AVAILABLE' }])).toMatchObject({ verdict: 'ok' });
  expect(judgeKeystore([secret], [{ containerId: 0, status: 'OPEN' }])).toMatchObject({ verdict: 'ok' });
  expect(judgeKeystore([secret], [{ containerId: 0, status: 'CLOSED' }])).toMatchObject({
    code: 'keystore',
    verdict: 'warning',
    evidence: 'CLOSED for tablespace(s) SECRET',
  });
});

it('S4.6 looks at the keystore of the container, else at the one of the root', () => {
  const root = { containerId: 1, status: 'OPEN' };
  expect(judgeKeystore([inPdb], [root])).toMatchObject({ verdict: 'ok' });
  expect(judgeKeystore([inPdb], [root, { containerId: 3, status: 'CLOSED' }])).toMatchObject({
    verdict: 'warning',
  });
});

it('S4.9 warns until every key is on record as backed up, and names those that are not', () => {
  expect(judgeKeystoreBackup([], [])).toMatchObject({ verdict: 'ok' });
  expect(judgeKeystoreBackup([secret, inPdb], [K1])).toMatchObject({
    code: 'keystore-backup',
    verdict: 'warning',
    evidence: `no backup of the keystore is on record for ${K2} of tablespace(s) HR`,
  });
  expect(judgeKeystoreBackup([secret, inPdb], [K2, K1])).toMatchObject({ verdict: 'ok' });
});

it('S4.9 gives the recovery point each key once, with what it opens', () => {
  const twice = { ...secret, name: 'SECRET2' };
  expect(encryptionKeysOf([secret, inPdb, twice, { ...secret, name: 'ODD', keyId: null }])).toEqual([
    { keyId: K1, tablespaces: ['SECRET', 'SECRET2'] },
    { keyId: K2, tablespaces: ['HR'] },
  ]);
});
