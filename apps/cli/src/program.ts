// The command tree. Top-level verbs mirror RMAN's (backup, list, show, restore), because that is how DBAs think.
import { Command, Option } from 'commander';
import { addAlertCommands } from './commands/alert';
import { addBackupCommands } from './commands/backup';
import { addDiscoveryCommands } from './commands/discovery';
import { addDoctorCommand } from './commands/doctor';
import { addInventoryCommands } from './commands/inventory';
import { addListCommands } from './commands/list';
import { addNotifyCommands } from './commands/notify';
import { addPolicyCommands } from './commands/policy';
import { addRetentionCommands } from './commands/retention';
import { addRestoreCommands } from './commands/restore';
import { addRunCommands } from './commands/run';
import { addSbtCommands } from './commands/sbt';
import { addVaultCommands } from './commands/vault';
import { type CliEnvironment, type MakeContext, type OutputFormat } from './context';

interface GlobalOptions {
  output: OutputFormat;
  url?: string;
  tokenFile?: string;
}

export function buildProgram(environment: CliEnvironment): Command {
  const program = new Command('adyton');
  program
    .description('Oracle database backup: RMAN to S3, deduplicated and encrypted at the source')
    .addOption(
      new Option('-o, --output <format>', 'output for people or machines')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--url <url>', 'control-plane (default: ADYTON_URL or http://127.0.0.1:8080)')
    .option(
      '--token-file <file>',
      'file with the API token (default: ADYTON_TOKEN_FILE; ADYTON_TOKEN holds it directly)',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => environment.out.write(text),
      writeErr: (text) => environment.err.write(text),
    });
  const contextOf: MakeContext = (command) => {
    const options = command.optsWithGlobals<GlobalOptions>();
    const api = environment.endpoint({
      ...(options.url === undefined ? {} : { url: options.url }),
      ...(options.tokenFile === undefined ? {} : { tokenFile: options.tokenFile }),
    });
    return { ...environment, api, format: options.output };
  };
  addBackupCommands(program, contextOf);
  addListCommands(program, contextOf);
  addRestoreCommands(program, contextOf);
  addRunCommands(program, contextOf);
  addSbtCommands(program, contextOf);
  addPolicyCommands(program, contextOf);
  addRetentionCommands(program, contextOf);
  addInventoryCommands(program, contextOf);
  addDiscoveryCommands(program, contextOf);
  addVaultCommands(program, contextOf);
  addAlertCommands(program, contextOf);
  addNotifyCommands(program, contextOf);
  addDoctorCommand(program, contextOf);
  return program;
}
