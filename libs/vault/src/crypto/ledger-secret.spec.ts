// What opens a sealed secret, and what does not.
import { randomBytes } from 'node:crypto';
import { openLedgerSecret, sealLedgerSecret } from './ledger-secret';

const vault = { vaultId: 'vlt_1', masterKey: randomBytes(32) };
const SECRET = 'whsec_c2VjcmV0';

it('opens what it sealed, and two sealings of one secret differ', () => {
  const sealed = sealLedgerSecret(vault, 'chn_1', SECRET);
  expect(openLedgerSecret(vault, 'chn_1', sealed)).toBe(SECRET);
  expect(sealLedgerSecret(vault, 'chn_1', SECRET)).not.toEqual(sealed);
  expect(sealed.includes(SECRET)).toBe(false);
});

it('does not open under another name, in another vault, under another key, or altered', () => {
  const sealed = sealLedgerSecret(vault, 'chn_1', SECRET);
  const altered = Buffer.from(sealed);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  for (const open of [
    () => openLedgerSecret(vault, 'chn_2', sealed),
    () => openLedgerSecret({ ...vault, vaultId: 'vlt_2' }, 'chn_1', sealed),
    () => openLedgerSecret({ ...vault, masterKey: randomBytes(32) }, 'chn_1', sealed),
    () => openLedgerSecret(vault, 'chn_1', altered),
  ])
    expect(open).toThrow(expect.objectContaining({ name: 'VaultError' }) as Error);
});
