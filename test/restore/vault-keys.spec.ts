// Key slots on the built program, against a vault in a directory: who may open it changes, packs do not.
import { createVault, openVault } from '@adyton/vault';
import { configuredStore, createKeyFile } from '@adyton/vault-access';
import { loadConfig, storeSettings } from '@adyton/runtime';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appMain } from '../../stack/src/repository';
import { runCommand, type CommandResult } from '../../stack/src/run-command';

jest.setTimeout(120_000);
const directory = mkdtempSync(join(tmpdir(), 'adyton-keys-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const keyFile = join(directory, 'vault.key');
const key = randomBytes(32);
const store = { ADYTON_STORE_KIND: 'filesystem', ADYTON_STORE_DIRECTORY: join(directory, 'store') };
const openStore = configuredStore(loadConfig(storeSettings, store));
let recoveryKey: string;
beforeAll(async () => {
  await createKeyFile(keyFile, key);
  const unlock = { kind: 'key-file', key } as const;
  ({ recoveryKey } = await createVault(await openStore(), { unlock, now: new Date() }));
});

function vaultKeys(...args: string[]): Promise<CommandResult> {
  return runCommand(process.execPath, [appMain('control-plane', 'vault-keys'), ...args], {
    env: {
      ...store,
      ADYTON_VAULT_KEY_FILE: keyFile,
      ADYTON_LEDGER_URL: 'postgres://nobody@127.0.0.1:1/none',
      ADYTON_REDIS_URL: 'redis://127.0.0.1:1',
      ADYTON_API_TOKEN: 'not-needed-for-this',
    },
  });
}

function secretFile(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function slots(): Promise<{ slotId: string; kind: string }[]> {
  const { stdout } = await vaultKeys('list');
  return (JSON.parse(stdout) as { slots: { slotId: string; kind: string }[] }).slots;
}

it('adds a passphrase that opens the vault beside the key file, and changes it', async () => {
  const first = secretFile('first', 'correct horse battery');
  expect((await vaultKeys('add', '--passphrase-file', first)).code).toBe(0);
  const added = (await slots()).find(({ kind }) => kind === 'passphrase');
  const second = secretFile('second', 'another one entirely');
  expect((await vaultKeys('rewrap', added?.slotId ?? '', '--passphrase-file', second)).code).toBe(0);
  const opened = await openVault(await openStore(), {
    kind: 'passphrase',
    passphrase: 'another one entirely',
  });
  expect(opened.vaultId).toMatch(/^[0-9A-Z]{26}$/);
  await expect(
    openVault(await openStore(), { kind: 'passphrase', passphrase: 'correct horse battery' }),
  ).rejects.toMatchObject({ kind: 'wrong-key' });
});

it('refuses to remove the only slot that the key file opens', async () => {
  const own = (await slots()).find(({ kind }) => kind === 'key-file');
  const { code, stderr } = await vaultKeys('remove', own?.slotId ?? '');
  expect(code).toBe(1);
  expect(stderr).toContain('nothing shows that another slot opens the vault');
});

it('lets the recovery key in when the key file is lost, and refuses a mistyped one', async () => {
  const fresh = join(directory, 'new.key');
  await createKeyFile(fresh, randomBytes(32));
  const wrong = secretFile('wrong', `${recoveryKey.slice(0, -2)}xx`);
  expect((await vaultKeys('add', '--recovery-key-file', wrong, '--key-file', fresh)).code).toBe(1);
  const right = secretFile('right', recoveryKey);
  expect((await vaultKeys('add', '--recovery-key-file', right, '--key-file', fresh)).code).toBe(0);
});
