// adyton vault verify | collect | release | rebuild-index | rebuild-ledger | operations | show: what the maintenance tier does to the vault.
import {
  callRoute,
  restRoutes,
  type RouteBody,
  type VaultOperation,
  type VaultOperationReport,
} from '@adyton/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { print, type CommandContext, type MakeContext } from '../context';
import { bytes, elapsed, fields, table } from '../render/format';
import { untilOperationEnded } from '../watch-operation';
import { errorOfReason } from '../watch-run';

type AskedOperation = RouteBody<typeof restRoutes.startVaultOperation>;

interface VerifyOptions {
  level: number;
  database?: string;
  subset?: { part: number; of: number };
  budget?: number;
}

export function addVaultCommands(program: Command, contextOf: MakeContext): void {
  const vault = program.command('vault').description('verify, collect and rebuild the vault');
  const operation = (name: string, description: string): Command =>
    vault.command(name).description(description).option('--detach', 'return as soon as it is accepted');
  operation('verify', 'checks that what recovery points need is in the bucket, whole')
    .option(
      '--level <0-3>',
      '0 sizes, 1 pack hashes, 2 every chunk, 3 whole pieces and their Oracle blocks',
      wholeNumber,
      1,
    )
    .option('--database <database>', 'only this database, by name or id')
    .option('--subset <n/m>', 'only the n-th of m parts of the packs', subsetOf)
    .option(
      '--budget <seconds>',
      'stop after this time; the next verify goes on with what was checked longest ago',
      wholeNumber,
    )
    .action((options: VerifyOptions & Detachable, command: Command) =>
      ask(contextOf(command), verifyOf(options), options),
    );
  operation('collect', 'deletes what no recovery point needs')
    .option('--dry-run', 'only say what would be deleted')
    .action((options: { dryRun?: boolean } & Detachable, command: Command) =>
      ask(contextOf(command), { kind: 'collect', dryRun: options.dryRun === true }, options),
    );
  operation(
    'release',
    'lets the vault release what recovery points that expired do not need any more',
  ).action((options: Detachable, command: Command) => ask(contextOf(command), { kind: 'release' }, options));
  operation('rebuild-index', 'makes the deduplication index anew from the packs')
    .argument('[database]', 'name or id; default all')
    .action((database: string | undefined, options: Detachable, command: Command) =>
      ask(
        contextOf(command),
        { kind: 'rebuild-index', ...(database === undefined ? {} : { database }) },
        options,
      ),
    );
  operation('rebuild-ledger', 'puts on record the recovery points that only the bucket knows').action(
    (options: Detachable, command: Command) => ask(contextOf(command), { kind: 'rebuild-ledger' }, options),
  );
  addLookingCommands(vault, contextOf);
}

interface Detachable {
  detach?: boolean;
}

function addLookingCommands(vault: Command, contextOf: MakeContext): void {
  vault
    .command('operations')
    .description('what was done, newest first')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const page = await callRoute(context.api, restRoutes.listVaultOperations, { query: {} });
      print(context, page, ({ items }) => operationTableOf(items));
    });
  vault
    .command('show')
    .argument('<operation>')
    .description('one operation with its report')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const operation = await callRoute(context.api, restRoutes.getVaultOperation, { params: { id } });
      print(context, operation, operationText);
    });
}

async function ask(context: CommandContext, body: AskedOperation, { detach }: Detachable): Promise<void> {
  const asked = await callRoute(context.api, restRoutes.startVaultOperation, {
    body,
    idempotencyKey: context.newKey(),
  });
  if (detach === true) {
    print(context, asked, (o) => `vault operation ${o.id} ${o.state}`);
    return;
  }
  const ended = await untilOperationEnded(context, asked.id);
  print(context, ended, operationText);
  if (ended.state === 'failed') throw errorOfReason(ended.reason, `vault operation ${ended.id} failed`);
}

function verifyOf({ level, database, subset, budget }: VerifyOptions): AskedOperation {
  return {
    kind: 'verify',
    level,
    ...(database === undefined ? {} : { database }),
    ...(subset === undefined ? {} : { subset }),
    ...(budget === undefined ? {} : { budgetSeconds: budget }),
  };
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted');
  return Number(text);
}

function subsetOf(text: string): { part: number; of: number } {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('n/m is wanted, such as 3/10');
  return { part: Number(match[1]), of: Number(match[2]) };
}

function operationTableOf(operations: readonly VaultOperation[]): string {
  if (operations.length === 0) return 'nothing was done to the vault yet';
  return table(
    ['OPERATION', 'KIND', 'STATE', 'ASKED (UTC)', 'ELAPSED', 'REASON'],
    operations.map((o) => [
      o.id,
      o.options.kind,
      o.state,
      o.createdAt,
      o.startedAt === null ? '-' : elapsed(o.startedAt, o.finishedAt),
      o.reason?.code ?? '-',
    ]),
  );
}

function operationText(operation: VaultOperation): string {
  const { id, options, state, report } = operation;
  return fields([
    ['operation', `${id}  ${options.kind}  ${state}`],
    ['elapsed', operation.startedAt === null ? '-' : elapsed(operation.startedAt, operation.finishedAt)],
    ...(report === null ? [] : reportLines(report)),
  ]);
}

function reportLines(report: VaultOperationReport): [string, string][] {
  switch (report.kind) {
    case 'verify':
      return [
        [
          'checked',
          `${report.objectsChecked} objects at level ${report.level}${report.complete ? '' : ', not all'}`,
        ],
        ['read', bytes(report.bytesRead)],
        ['findings', String(report.findingsTotal)],
        ...report.findings.map((f): [string, string] => [f.damage, `${f.objectKey}: ${f.detail}`]),
      ];
    case 'collect':
      return [
        [
          report.dryRun ? 'would delete' : 'deleted',
          `${report.packsDeleted} packs, ${report.recipesDeleted} recipes${report.dryRun ? '' : `; ${bytes(report.bytesFreed)} freed`}`,
        ],
        ['retained', `${report.packsRetained} packs, locked in the bucket`],
        ...report.sessionsAwaited.map((sid): [string, string] => ['waits for', `session ${sid}`]),
        ...report.sessionsEnded.map((sid): [string, string] => [
          'ended',
          `session ${sid}, whose writer is dead`,
        ]),
      ];
    case 'release':
      return [
        [
          'reviewed',
          `${report.piecesReviewed} pieces, of which ${report.piecesNeeded} are needed all the same`,
        ],
        ['expired', `${report.pointsExpired} recovery points`],
        ['released', `${report.piecesReleased} pieces`],
        ...report.databasesBusy.map((name): [string, string] => ['being backed up', name]),
      ];
    case 'rebuild-index':
      return [
        ['databases', String(report.databases)],
        ['indexed', `${report.chunks} chunks of ${report.packs} packs`],
        ...report.damagedPacks.map((key): [string, string] => ['damaged', key]),
      ];
    case 'rebuild-ledger':
      return [
        [
          'databases',
          `${report.databases}, registered now: ${report.databasesRegistered.join(', ') || 'none'}`,
        ],
        ['recovery points', `${report.pointsAdded} added, ${report.pointsKnown} known before`],
        ...report.leftOut.map(({ name, detail }): [string, string] => ['left out', `${name}: ${detail}`]),
      ];
  }
}
