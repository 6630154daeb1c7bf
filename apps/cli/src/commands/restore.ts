// adyton restore plan | run: the plan says what will be read and which script RMAN gets; nothing runs without a typed confirmation.
import { callRoute, restRoutes, type RestorePlan } from '@adyton/contracts';
import { type Command } from 'commander';
import { print } from '../context';
import { type MakeContext } from '../context';
import { bytes, fields } from '../render/format';
import { followRequest } from './backup';

interface PlanOptions {
  scn?: string;
  directory: string;
  sid: string;
  acceptMissing?: boolean;
}

export function addRestoreCommands(program: Command, contextOf: MakeContext): void {
  const restore = program.command('restore').description('plan and run restores');
  restore
    .command('plan')
    .description('plan a restore of a whole database into a new directory of its host')
    .argument('<database>', 'name or id')
    .requiredOption('--directory <path>', 'new or empty directory on the database host')
    .requiredOption('--sid <sid>', 'ORACLE_SID of the instance to make for the copy')
    .option('--scn <scn>', 'up to but not including this SCN (default: the latest recoverable)')
    .option('--accept-missing', 'go without data files that no recovery point can give back')
    .action(async (database: string, options: PlanOptions, command: Command) => {
      const context = contextOf(command);
      const plan = await callRoute(context.api, restRoutes.createRestorePlan, {
        body: {
          database,
          untilScn: options.scn ?? null,
          acceptMissingFiles: options.acceptMissing === true,
          target: { directory: options.directory, oracleSid: options.sid },
        },
        idempotencyKey: context.newKey(),
      });
      print(context, plan, planText);
    });
  restore
    .command('run')
    .description('run a plan')
    .argument('<plan>', 'id of the plan')
    .requiredOption('--confirm <database>', 'the name of the database, typed again')
    .option('--detach', 'return as soon as the request is accepted')
    .action(async (id: string, options: { confirm: string; detach?: boolean }, command: Command) => {
      const context = contextOf(command);
      const request = await callRoute(context.api, restRoutes.executeRestorePlan, {
        params: { id },
        body: { confirm: options.confirm },
        idempotencyKey: context.newKey(),
      });
      await followRequest(context, request, options.detach === true);
    });
}

function planText(plan: RestorePlan): string {
  const head = fields([
    ['plan', plan.id],
    ['database', plan.databaseName],
    ['until SCN', `${plan.untilScn} (not included)`],
    ['from', plan.basePoint],
    ['into', `${plan.target.directory} as instance ${plan.target.oracleSid}`],
    ['reads', `${plan.handles.length} pieces, ${bytes(plan.bytesToRead)}`],
    ['data files', String(plan.dataFiles.length)],
    ...plan.missingFiles.map((f) => ['MISSING', `data file ${f.file} ${f.name}: ${f.detail}`] as const),
    ...plan.recreatedFiles.map(
      (f) =>
        ['made anew', `data file ${f.file} ${f.name}: from the redo since SCN ${f.creationScn}`] as const,
    ),
    ['archived logs', plan.archivedLogs.map((l) => `${l.thread}/${l.sequence}`).join(' ') || '-'],
  ]);
  return `${head}\n\n${plan.script}\nrun it with: adyton restore run ${plan.id} --confirm ${plan.databaseName}`;
}
