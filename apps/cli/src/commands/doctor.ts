// adyton doctor: one line per check, a hint where something is wrong, exit 4 when a check failed.
import { callRoute, restRoutes } from '@adyton/contracts';
import { type Command } from 'commander';
import { print } from '../context';
import { type MakeContext } from '../context';
import { CommandOutcome } from '../report-failure';

const MARK = { ok: '✔', warning: '!', failed: '✘' } as const;
const EXIT_CHECK_FAILED = 4;

export function addDoctorCommand(program: Command, contextOf: MakeContext): void {
  program
    .command('doctor')
    .description('checks ledger, queue, object store, vault and hosts')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const report = await callRoute(context.api, restRoutes.doctor, {});
      print(context, report, ({ checks }) =>
        checks
          .map(
            (c) =>
              `${MARK[c.verdict]} ${c.name}: ${c.detail}${c.verdict === 'ok' ? '' : `\n  HINT: ${c.hint}`}`,
          )
          .join('\n'),
      );
      if (report.checks.some((c) => c.verdict === 'failed')) throw new CommandOutcome(EXIT_CHECK_FAILED);
    });
}
