// adyton database keystore-backed-up | keystore-backups: that the keystore of encrypted tablespaces was backed up outside.
import { callRoute, restRoutes, type KeystoreBackups } from '@adyton/contracts';
import { type Command } from 'commander';
import { print, type MakeContext } from '../context';
import { table } from '../render/format';

export function addDatabaseKeystore(database: Command, contextOf: MakeContext): void {
  database
    .command('keystore-backed-up')
    .argument('<database>', 'name or id')
    .description('records that the keystore with these master keys was backed up outside the database')
    .requiredOption('--key <id...>', 'ids of the keys, as the check keystore-backup names them')
    .option('--note <text>', 'where it is, for whoever looks for it')
    .action(async (name: string, options: { key: string[]; note?: string }, command: Command) => {
      const context = contextOf(command);
      const recorded = await callRoute(context.api, restRoutes.recordKeystoreBackup, {
        params: { database: name },
        body: { keys: options.key, note: options.note ?? null },
      });
      print(context, recorded, keysTable);
    });
  database
    .command('keystore-backups')
    .argument('<database>', 'name or id')
    .description('master keys that are on record as backed up')
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const recorded = await callRoute(context.api, restRoutes.listKeystoreBackups, {
        params: { database: name },
      });
      print(context, recorded, keysTable);
    });
}

function keysTable({ keys }: KeystoreBackups): string {
  if (keys.length === 0) return 'no key is on record';
  return table(
    ['KEY', 'RECORDED (UTC)', 'BY', 'NOTE'],
    keys.map((k) => [k.keyId, k.recordedAt, k.recordedBy, k.note ?? '-']),
  );
}
