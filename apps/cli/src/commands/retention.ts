// adyton retention show | hold | unhold | revoke, and adyton database forget: what is on its way out, and holding it up.
import {
  callRoute,
  restRoutes,
  type ForgottenDatabase,
  type RecoveryPoint,
  type RetentionStatus,
} from '@adyton/contracts';
import { type Command } from 'commander';
import { print, type MakeContext } from '../context';
import { fields, table } from '../render/format';

export function addRetentionCommands(program: Command, contextOf: MakeContext): void {
  const retention = program
    .command('retention')
    .description('recovery points that are held or on their way out');
  retention
    .command('show')
    .argument('<database>', 'name or id')
    .description('what is held, what expires when, and what its pieces wait for')
    .action(async (database: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      print(
        context,
        await callRoute(context.api, restRoutes.getRetention, { params: { database } }),
        statusText,
      );
    });
  const onPoint = (name: 'hold' | 'revoke', description: string): void =>
    void retention
      .command(name)
      .argument('<point>', 'id of the recovery point')
      .description(description)
      .requiredOption('--reason <text>', 'why; read again by whoever wonders')
      .action(async (id: string, { reason }: { reason: string }, command: Command) => {
        const context = contextOf(command);
        const route = name === 'hold' ? restRoutes.holdRecoveryPoint : restRoutes.revokeExpiry;
        print(context, await callRoute(context.api, route, { params: { id }, body: { reason } }), pointLine);
      });
  onPoint('hold', 'keeps a recovery point whatever retention says; one that is expiring is taken back');
  onPoint('revoke', 'takes an expiring recovery point back, and holds it');
  retention
    .command('unhold')
    .argument('<point>', 'id of the recovery point')
    .description('ends a hold: retention decides again')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      print(
        context,
        await callRoute(context.api, restRoutes.unholdRecoveryPoint, { params: { id } }),
        pointLine,
      );
    });
}

export function addDatabaseForget(database: Command, contextOf: MakeContext): void {
  database
    .command('forget')
    .argument('<database>', 'name or id')
    .description('the database is gone: its pieces no longer wait for RMAN')
    .requiredOption('--confirm <name>', 'the name of the database once more')
    .option('--all-backups', 'lets all its recovery points go too, but for those that are held')
    .action(async (name: string, options: { confirm: string; allBackups?: boolean }, command: Command) => {
      const context = contextOf(command);
      const forgotten = await callRoute(context.api, restRoutes.forgetDatabase, {
        params: { database: name },
        body: { confirm: options.confirm, allBackups: options.allBackups === true },
      });
      print(context, forgotten, forgottenText);
    });
}

function statusText({ points, pieces, waitsFor, waitsSince, forgottenAt }: RetentionStatus): string {
  const listed =
    points.length === 0
      ? 'no recovery point is held or on its way out'
      : table(
          ['RECOVERY POINT', 'LEVEL', 'COMPLETED (UTC)', 'STATE', 'UNTIL (UTC)', 'HELD BY', 'WHY'],
          points.map((p) => [
            ...[p.id, p.level, p.completedAt, p.state, p.expiresAt ?? '-'],
            ...[p.hold?.by ?? '-', p.hold?.reason ?? '-'],
          ]),
        );
  const onTheirWay = fields([
    ['under review', String(pieces.underReview)],
    ['wait for RMAN', `${pieces.uncatalogPending}${waitsSince === null ? '' : `, since ${waitsSince}`}`],
    ...(waitsFor === null
      ? []
      : [['because', `${waitsFor.code}: ${waitsFor.detail}`] satisfies [string, string]]),
    ['forgotten by RMAN', String(pieces.uncataloged)],
    ...(forgottenAt === null ? [] : [['database', `forgotten at ${forgottenAt}`] satisfies [string, string]]),
  ]);
  return `${listed}\n\npieces\n${onTheirWay}`;
}

function pointLine({ id, state, hold }: RecoveryPoint): string {
  return `recovery point ${id} is ${state}${hold === null ? '' : `, held by ${hold.by}: ${hold.reason}`}`;
}

function forgottenText({ piecesFreed, pointsLetGo }: ForgottenDatabase): string {
  return `forgotten; ${piecesFreed} piece(s) wait for RMAN no more, ${pointsLetGo.length} recovery point(s) were let go`;
}
