// adyton list backup, adyton show backup: recovery points in RMAN's columns (TY LV S).
import { callRoute, restRoutes, type RecoveryPoint, type RecoveryPointDetail } from '@adyton/contracts';
import { type Command } from 'commander';
import { print } from '../context';
import { type MakeContext } from '../context';
import { bytes, elapsed, fields, table } from '../render/format';

const LEVEL_LETTER = { level0: '0', level1: '1', full: 'F', archivelog: '-' } as const;
const STATE_LETTER = { available: 'A', corrupt: 'C', expiring: 'E', expired: 'X' } as const;

export function addListCommands(program: Command, contextOf: MakeContext): void {
  program
    .command('list')
    .description('list what exists')
    .command('backup')
    .description('recovery points, newest first')
    .argument('[database]', 'name or id')
    .action(async (database: string | undefined, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const query = database === undefined ? {} : { database };
      const points = await callRoute(context.api, restRoutes.listRecoveryPoints, { query });
      print(context, points, ({ items }) => pointTable(items));
    });
  program
    .command('show')
    .description('show one thing')
    .command('backup')
    .description('one recovery point with its files and logs')
    .argument('<id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const point = await callRoute(context.api, restRoutes.getRecoveryPoint, { params: { id } });
      print(context, point, pointDetail);
    });
}

function pointTable(points: readonly RecoveryPoint[]): string {
  if (points.length === 0) return 'no recovery points yet; make one with: adyton backup DATABASE';
  return table(
    [
      'KEY',
      'DB',
      'TY',
      'LV',
      'S',
      'COMPLETED (UTC)',
      'ELAPSED',
      'READ',
      'NEW',
      'STORED',
      'SCN',
      'ORIGIN',
      'TAG',
    ],
    points.map((p) => [
      p.id,
      p.databaseName,
      p.level === 'archivelog' ? 'A' : 'B',
      LEVEL_LETTER[p.level],
      stateOf(p),
      p.completedAt,
      elapsed(p.startedAt, p.completedAt),
      bytes(p.totals.bytesRead),
      bytes(p.totals.bytesNew),
      bytes(p.totals.bytesStored),
      p.consistentScn,
      p.origin,
      p.tag,
    ]),
  );
}

function stateOf({ state, partial, hold }: RecoveryPoint): string {
  const remarks = [...(partial ? ['partial'] : []), ...(hold === null ? [] : ['held'])];
  return [STATE_LETTER[state], ...remarks].join(', ');
}

function pointDetail(point: RecoveryPointDetail): string {
  const { contents } = point;
  const head = fields([
    ['backup', `${point.id}  ${point.state}${point.partial ? ', partial' : ''}`],
    ...(point.expiresAt === null
      ? []
      : [['can be taken back until', point.expiresAt] satisfies [string, string]]),
    ...(point.hold === null
      ? []
      : [['held', `by ${point.hold.by}: ${point.hold.reason}`] satisfies [string, string]]),
    ['database', `${point.databaseName} (DBID ${contents.dbid}, ${contents.dbUniqueName})`],
    ['level', point.level],
    ['origin', point.origin],
    ['tag', point.tag],
    ['consistent from SCN', point.consistentScn],
    [
      'read / new / stored',
      `${bytes(point.totals.bytesRead)} / ${bytes(point.totals.bytesNew)} / ${bytes(point.totals.bytesStored)}`,
    ],
    ['manifest', point.manifestKey],
    ['control file', contents.controlFileHandle ?? '-'],
  ]);
  const files = table(
    ['FILE', 'LV', 'CKP SCN', 'SIZE', 'NAME', 'PIECES'],
    contents.dataFiles.map((f) => [
      String(f.file),
      f.level === null ? 'F' : String(f.level),
      f.checkpointScn,
      bytes(f.bytes),
      f.name,
      f.handles.join(' '),
    ]),
  );
  const logs = table(
    ['THREAD', 'SEQ', 'FROM SCN', 'NEXT SCN', 'PIECE'],
    contents.archivedLogs.map((l) => [String(l.thread), String(l.sequence), l.firstScn, l.nextScn, l.handle]),
  );
  const { recreatedFiles = [] } = contents;
  return [
    head,
    ...(contents.dataFiles.length > 0 ? ['', files] : []),
    ...(recreatedFiles.length > 0
      ? ['', 'In no piece, made anew from redo:', recreatedTable(recreatedFiles)]
      : []),
    ...(contents.leftOut.length > 0 ? ['', 'NOT in this backup:', leftOutTable(contents.leftOut)] : []),
    ...(contents.archivedLogs.length > 0 ? ['', logs] : []),
  ].join('\n');
}

function recreatedTable(files: NonNullable<RecoveryPointDetail['contents']['recreatedFiles']>): string {
  return table(
    ['FILE', 'REDO FROM SCN', 'SIZE', 'TABLESPACE', 'NAME'],
    files.map((f) => [String(f.file), f.creationScn, bytes(f.bytes), f.tablespace, f.name]),
  );
}

function leftOutTable(files: RecoveryPointDetail['contents']['leftOut']): string {
  return table(
    ['FILE', 'STATUS', 'SIZE', 'TABLESPACE', 'NAME', 'WHY'],
    files.map((f) => [String(f.file), f.status, bytes(f.bytes), f.tablespace, f.name, f.detail]),
  );
}
