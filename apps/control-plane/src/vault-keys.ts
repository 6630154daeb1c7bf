// The key slots of the vault, managed where the key file is: a secret that opens everything does not travel through the API.
//   node dist/apps/control-plane/src/vault-keys.js list | add | remove SLOT | rewrap SLOT
// Secrets are given as files, never as arguments. It prints one JSON line for each thing done.
import { configuredStore, inOurWords, readKeyFile, type StoreOpener } from '@adyton/vault-access';
import { loadConfig, runProcess, systemClock } from '@adyton/runtime';
import {
  addKeySlot,
  listKeySlots,
  removeKeySlot,
  rewrapKeySlot,
  type SlotUnlock,
  type Unlock,
} from '@adyton/vault';

import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { settings, type Config } from './config';

interface ProofOptions {
  recoveryKeyFile?: string;
}
interface NewKeyOptions {
  passphraseFile?: string;
  keyFile?: string;
}

/** A passphrase that can be guessed protects nothing, whatever scrypt costs. */
const PASSPHRASE_CHARS_MIN = 12;

async function main(): Promise<void> {
  const config = loadConfig(settings, process.env);
  const store = await configuredStore(config)();
  await programOf(config, store).parseAsync(process.argv);
}

function programOf(config: Config, store: Awaited<ReturnType<StoreOpener>>): Command {
  const program = new Command('vault-keys').description('key slots of the vault');
  const proofOf = (options: ProofOptions): Promise<Unlock> => proof(config, options);
  program.command('list').action(() => inOurWords(async () => say({ slots: await listKeySlots(store) })));
  withProof(withNewKey(program.command('add'))).action((options: ProofOptions & NewKeyOptions) =>
    inOurWords(async () => {
      const added = { proof: await proofOf(options), unlock: await newKey(options), now: systemClock.now() };
      say({ event: 'key-slot.added', slotId: await addKeySlot(store, added) });
    }),
  );
  program
    .command('remove')
    .argument('<slot>')
    .description('the key file of the settings must open another slot')
    .action((slotId: string) =>
      inOurWords(async () => {
        const now = systemClock.now();
        await removeKeySlot(store, { slotId, proof: await configuredKey(config), now });
        say({ event: 'key-slot.removed', slotId });
      }),
    );
  withProof(withNewKey(program.command('rewrap').argument('<slot>'))).action(
    (slotId: string, options: ProofOptions & NewKeyOptions) =>
      inOurWords(async () => {
        const wanted = { slotId, proof: await proofOf(options), unlock: await newKey(options) };
        const added = await rewrapKeySlot(store, { ...wanted, now: systemClock.now() });
        say({ event: 'key-slot.rewrapped', slotId: added, instead: slotId });
      }),
  );
  return program;
}

function withProof(command: Command): Command {
  return command.option(
    '--recovery-key-file <file>',
    'opens the vault with its recovery key (default: the key file of the settings)',
  );
}

function withNewKey(command: Command): Command {
  return command
    .option('--passphrase-file <file>', 'file with the new passphrase')
    .option('--key-file <file>', 'new key file, 32 bytes, mode 0600');
}

async function proof(config: Config, { recoveryKeyFile }: ProofOptions): Promise<Unlock> {
  if (recoveryKeyFile === undefined) return configuredKey(config);
  return { kind: 'recovery-key', text: await textOf(recoveryKeyFile) };
}

async function configuredKey(config: Config): Promise<SlotUnlock> {
  return { kind: 'key-file', key: await readKeyFile(config.ADYTON_VAULT_KEY_FILE) };
}

async function newKey({ passphraseFile, keyFile }: NewKeyOptions): Promise<SlotUnlock> {
  if ((passphraseFile === undefined) === (keyFile === undefined))
    throw new Error('give --passphrase-file or --key-file, one of them');
  if (keyFile !== undefined) return { kind: 'key-file', key: await readKeyFile(keyFile) };
  const passphrase = await textOf(passphraseFile ?? '');
  if (passphrase.length < PASSPHRASE_CHARS_MIN)
    throw new Error(`a passphrase has at least ${PASSPHRASE_CHARS_MIN} characters`);
  return { kind: 'passphrase', passphrase };
}

async function textOf(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trim();
}

function say(event: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

runProcess(main);
