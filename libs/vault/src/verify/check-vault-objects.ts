// The objects that open a vault or steer its collection, all small: vault.json, key slots, what collectors wrote, index segments.
import { isDeepStrictEqual } from 'node:util';
import { type KeySlot, parseKeySlot, type Unlock, unwrapMasterKey } from '../crypto/key-slots';
import { checkStepObject, stepOf } from '../collect/generations';
import { checkSegment } from '../dedup-index/segment-reader';
import { readStampedJson } from '../format/stamped-json';
import { PACKS_VERIFIED_AT_ONCE } from '../limits';
import { forEachAtOnce } from '../session/at-once';
import { damaged, unsupported } from '../vault-error';
import { VAULT_KEY, vaultDocument } from '../vault';
import { type DamageFinding, orDamage } from './finding';
import { type VerifyRun } from './verify-run';

const NOBODY = { recoveryPoints: [], pieces: [] } as const;

type Checked = Pick<DamageFinding, 'object' | 'objectKey' | 'means'>;

/** Tells what `check` finds wrong with one object. */
async function checkObject(run: VerifyRun, checked: Checked, check: () => Promise<void>): Promise<void> {
  run.objectsChecked[checked.object] += 1;
  const read = await orDamage(check);
  if ('damage' in read) await run.tellDamage({ ...checked, ...NOBODY, damage: read.damage });
}

async function present(run: VerifyRun, key: string): Promise<Uint8Array> {
  const bytes = await run.store.get(key);
  if (bytes === null) throw damaged(key, 'missing');
  return bytes;
}

async function readJson(run: VerifyRun, key: string): Promise<unknown> {
  return JSON.parse(Buffer.from(await present(run, key)).toString('utf8'));
}

/** vault.json holds nothing but what follows from the vault's id and master key. */
export async function checkVaultDocument(run: VerifyRun): Promise<void> {
  await checkObject(run, { object: 'vault', objectKey: VAULT_KEY, means: 'vault-closed' }, async () => {
    const expected = vaultDocument(run.options.vault);
    const document = (await readJson(run, VAULT_KEY)) as Partial<typeof expected> | null;
    if (isDeepStrictEqual(document, expected)) return;
    if (isDeepStrictEqual({ ...document, version: expected.version }, expected))
      throw unsupported(VAULT_KEY, document?.version);
    throw damaged(VAULT_KEY, 'altered');
  });
}

/** Every slot has the form of one, and everything that should open the vault opens one. */
export async function checkKeySlots(run: VerifyRun): Promise<void> {
  const prefix = `key/${run.options.vault.vaultId}-`;
  const slots = new Map<string, KeySlot>();
  for await (const { key } of run.store.list(prefix)) {
    await checkObject(run, { object: 'key-slot', objectKey: key, means: 'vault-closed' }, async () => {
      const slot = parseKeySlot((await run.store.get(key)) ?? new Uint8Array());
      if (slot === null) throw damaged(key, 'altered');
      slots.set(key, slot);
    });
  }
  if (run.objectsChecked['key-slot'] === 0) await tellSlot(run, `${prefix}0`, 'missing');
  const opened = new Set<string>();
  const vain: Unlock[] = [];
  for (const unlock of run.options.unlocks ?? []) {
    const opens = await slotsOpenedBy(run, slots, unlock);
    for (const key of opens) opened.add(key);
    if (opens.length === 0) vain.push(unlock);
  }
  for (const [key, { kind }] of slots)
    if (!opened.has(key) && vain.some((unlock) => unlock.kind === kind)) await tellSlot(run, key, 'altered');
}

async function tellSlot(run: VerifyRun, objectKey: string, damage: 'missing' | 'altered'): Promise<void> {
  await run.tellDamage({ object: 'key-slot', objectKey, damage, means: 'vault-closed', ...NOBODY });
}

async function slotsOpenedBy(
  run: VerifyRun,
  slots: ReadonlyMap<string, KeySlot>,
  unlock: Unlock,
): Promise<string[]> {
  const { vaultId, masterKey } = run.options.vault;
  const opened: string[] = [];
  for (const [key, slot] of slots)
    if ((await unwrapMasterKey(slot, vaultId, unlock))?.equals(masterKey) === true) opened.push(key);
  return opened;
}

/** What collectors wrote down: every writer and every restore must be able to read it, in the first object of a step or in its copy. */
export async function checkCollections(run: VerifyRun): Promise<void> {
  const listed = new Set<string>();
  for await (const { key } of run.store.list('gc/')) listed.add(key);
  const damages = new Map<string, DamageFinding['damage']>();
  for (const key of listed) {
    run.objectsChecked.collection += 1;
    const read = await orDamage(async () => checkStepObject(key, await present(run, key)));
    if ('damage' in read) damages.set(key, read.damage);
  }
  const wholeSteps = new Set([...listed].filter((key) => !damages.has(key)).map(stepOf));
  for (const step of new Set([...listed].map(stepOf))) if (!listed.has(step)) damages.set(step, 'missing');
  for (const [key, damage] of damages) await tellStepObject(run, key, damage, wholeSteps);
}

async function tellStepObject(
  run: VerifyRun,
  objectKey: string,
  damage: DamageFinding['damage'],
  wholeSteps: ReadonlySet<string>,
): Promise<void> {
  const means = wholeSteps.has(stepOf(objectKey)) ? 'copy-left' : 'collection-stops';
  await run.tellDamage({ object: 'collection', objectKey, damage, means, ...NOBODY });
}

/** A pin that cannot be read keeps the collector from its work until the pin is a week old. */
export async function checkPins(run: VerifyRun): Promise<void> {
  for await (const { key } of run.store.list('pin/')) {
    if (key.endsWith('.end')) continue; // its name says it all
    await checkObject(run, { object: 'restore-pin', objectKey: key, means: 'collection-stops' }, async () => {
      readStampedJson(key, await present(run, key));
    });
  }
}

/** Index segments spare writers work; nothing that is restored needs them. They are about as large as packs. */
export async function checkIndexSegments(run: VerifyRun): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of run.store.list('index/')) if (run.isDatabaseAsked(dbKeyOf(key))) keys.push(key);
  await forEachAtOnce(keys, PACKS_VERIFIED_AT_ONCE, async (key) => {
    if (run.isOver) {
      run.left.indexSegments += 1;
      return;
    }
    await checkObject(run, { object: 'index-segment', objectKey: key, means: 'costs-space' }, async () => {
      const sealed = await run.store.get(key);
      if (sealed !== null) checkSegment(sealed, run.keysOf(dbKeyOf(key)).metaKey, key);
    });
  });
}

function dbKeyOf(indexKey: string): string {
  return indexKey.split('/')[1] ?? '';
}
