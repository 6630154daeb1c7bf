// Who may open a vault: several slots, a recovery key for when all are lost, and no way to lock oneself out by removing one.
import { MemoryStore } from '@adyton/object-store';
import { type SlotUnlock } from './crypto/key-slots';
import { formatRecoveryKey, parseRecoveryKey } from './crypto/recovery-key';
import { addKeySlot, listKeySlots, removeKeySlot, rewrapKeySlot } from './manage-key-slots';
import { createVault, openVault, type CreatedVault } from './vault';

const now = new Date('2026-11-23T00:00:00Z');
const keyFile = (fill: number): SlotUnlock => ({ kind: 'key-file', key: Buffer.alloc(32, fill) });
const passphrase = (text: string): SlotUnlock => ({ kind: 'passphrase', passphrase: text });

let store: MemoryStore;
let created: CreatedVault;
beforeEach(async () => {
  store = new MemoryStore();
  created = await createVault(store, { unlock: keyFile(1), now });
});

const firstSlot = async (): Promise<string> => (await listKeySlots(store))[0]?.slotId ?? '';

async function damage(slotId: string, change: (text: string) => string): Promise<void> {
  const key = `key/${slotId}`;
  const text = Buffer.from((await store.get(key)) ?? []).toString('utf8');
  await store.delete(key);
  await store.create(key, Buffer.from(change(text)));
}

describe('key slots', () => {
  it('are listed without a key', async () => {
    await addKeySlot(store, { proof: keyFile(1), unlock: passphrase('correct horse'), now });
    expect(await listKeySlots(store)).toMatchObject([
      { state: 'whole', kind: 'key-file', createdAt: now.toISOString() },
      { state: 'whole', kind: 'passphrase', createdAt: now.toISOString() },
    ]);
  });

  it('open the same vault, each by itself', async () => {
    const slotId = await addKeySlot(store, { proof: keyFile(1), unlock: keyFile(2), now });
    const opened = await openVault(store, keyFile(2));
    expect(opened).toEqual({ vaultId: created.vaultId, masterKey: created.masterKey, slotId });
    expect((await openVault(store, keyFile(1))).masterKey).toEqual(created.masterKey);
  });

  it('are only added by somebody who can open the vault', async () => {
    const adding = addKeySlot(store, { proof: keyFile(9), unlock: keyFile(2), now });
    await expect(adding).rejects.toMatchObject({ kind: 'wrong-key' });
    expect(await listKeySlots(store)).toHaveLength(1);
  });

  it('are removed when another one is shown to open the vault, and open nothing afterwards', async () => {
    const first = await firstSlot();
    await addKeySlot(store, { proof: keyFile(1), unlock: keyFile(2), now });
    await removeKeySlot(store, { slotId: first, proof: keyFile(2), now });
    await expect(openVault(store, keyFile(1))).rejects.toMatchObject({ kind: 'wrong-key' });
    expect((await openVault(store, keyFile(2))).masterKey).toEqual(created.masterKey);
  });

  it('are not removed by what opens only the slot itself, nor when they are the last', async () => {
    const first = await firstSlot();
    const last = removeKeySlot(store, { slotId: first, proof: keyFile(1), now });
    await expect(last).rejects.toMatchObject({ kind: 'last-slot' });
    await addKeySlot(store, { proof: keyFile(1), unlock: keyFile(2), now });
    const itself = removeKeySlot(store, { slotId: first, proof: keyFile(1), now });
    await expect(itself).rejects.toMatchObject({ kind: 'last-slot' });
    const stranger = removeKeySlot(store, { slotId: first, proof: keyFile(9), now });
    await expect(stranger).rejects.toMatchObject({ kind: 'wrong-key' });
    expect(await listKeySlots(store)).toHaveLength(2);
  });

  it('that two people remove at once, each relying on the other’s, leave one that opens', async () => {
    const first = await firstSlot();
    const second = await addKeySlot(store, { proof: keyFile(1), unlock: keyFile(2), now });
    const racing = new MemoryStore();
    for await (const { key } of store.list(''))
      await racing.create(key, (await store.get(key)) ?? new Uint8Array());
    const remove = racing.delete.bind(racing);
    racing.delete = async (key) => {
      await remove(key);
      await remove(`key/${second}`); // the other one, who relied on the first
    };
    await removeKeySlot(racing, { slotId: first, proof: keyFile(2), now });
    expect((await openVault(racing, keyFile(2))).masterKey).toEqual(created.masterKey);
  });

  it('get a new passphrase without anything else in the bucket being touched', async () => {
    const slotId = await addKeySlot(store, { proof: keyFile(1), unlock: keyFile(2), now });
    await store.create('pack/aa/some-pack', Buffer.from('bytes'));
    const before = await keysOutsideSlots();
    await rewrapKeySlot(store, { slotId, proof: keyFile(2), unlock: passphrase('new'), now });
    await expect(openVault(store, keyFile(2))).rejects.toMatchObject({ kind: 'wrong-key' });
    expect((await openVault(store, passphrase('new'))).masterKey).toEqual(created.masterKey);
    expect(await keysOutsideSlots()).toEqual(before);
    expect(await listKeySlots(store)).toHaveLength(2);
  });

  it('that are not there are neither removed nor re-wrapped', async () => {
    const removing = removeKeySlot(store, { slotId: '../vault.json', proof: keyFile(1), now });
    await expect(removing).rejects.toMatchObject({ kind: 'no-such-slot' });
    const wrapping = rewrapKeySlot(store, {
      slotId: 'none',
      proof: keyFile(1),
      unlock: keyFile(2),
      now,
    });
    await expect(wrapping).rejects.toMatchObject({ kind: 'no-such-slot' });
    expect(await listKeySlots(store)).toHaveLength(1);
  });

  it.each([
    ['a changed character', (text: string) => text.replace(/"wrapped": "./, '"wrapped": "~')],
    ['its second half cut off', (text: string) => text.slice(0, text.length / 2)],
    ['zeros', (text: string) => '\0'.repeat(text.length)],
    ['another kind', (text: string) => text.replace('key-file', 'passphrase')],
  ])('damaged by %s are named, and the others still open', async (_, change) => {
    const first = await firstSlot();
    await addKeySlot(store, { proof: keyFile(1), unlock: keyFile(2), now });
    await damage(first, change);
    expect((await listKeySlots(store))[0]).toEqual({ state: 'damaged', slotId: first });
    expect((await openVault(store, keyFile(2))).masterKey).toEqual(created.masterKey);
    await expect(openVault(store, keyFile(1))).rejects.toMatchObject({
      kind: 'wrong-key',
      message: expect.stringContaining(`key/${first}`) as string,
    });
  });

  async function keysOutsideSlots(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list('')) if (!key.startsWith('key/')) keys.push(key);
    return keys;
  }
});

describe('the recovery key', () => {
  const typed = (text: string) => openVault(store, { kind: 'recovery-key', text });

  it('opens the vault when every slot is lost or damaged, and makes a new slot', async () => {
    await store.delete(`key/${await firstSlot()}`);
    expect(await typed(created.recoveryKey)).toEqual({
      vaultId: created.vaultId,
      masterKey: created.masterKey,
      slotId: null,
    });
    const proof = { kind: 'recovery-key', text: created.recoveryKey } as const;
    await addKeySlot(store, { proof, unlock: keyFile(3), now });
    expect((await openVault(store, keyFile(3))).masterKey).toEqual(created.masterKey);
  });

  it('is read in small letters, without dashes, with O for 0 and L for 1', async () => {
    const sloppy = created.recoveryKey
      .toLowerCase()
      .replaceAll('-', ' ')
      .replaceAll('0', 'o')
      .replaceAll('1', 'l');
    expect((await typed(sloppy)).masterKey).toEqual(created.masterKey);
  });

  it('is refused as mistyped for every single wrong character, and for one too few', async () => {
    const text = formatRecoveryKey(Buffer.alloc(32, 0x5a));
    expect(parseRecoveryKey(text)).toEqual(Buffer.alloc(32, 0x5a));
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === '-') continue;
      const wrong = text.slice(0, at) + (text[at] === '7' ? '8' : '7') + text.slice(at + 1);
      expect(() => parseRecoveryKey(wrong)).toThrow(
        expect.objectContaining({ kind: 'mistyped-key' }) as Error,
      );
    }
    await expect(typed(text.slice(1))).rejects.toMatchObject({ kind: 'mistyped-key' });
    await expect(typed(`U${text.slice(1)}`)).rejects.toMatchObject({ kind: 'mistyped-key' });
  });

  it('of another vault is a wrong key, not a mistyped one', async () => {
    const other = await createVault(new MemoryStore(), { unlock: keyFile(1), now });
    await expect(typed(other.recoveryKey)).rejects.toMatchObject({ kind: 'wrong-key' });
  });
});
