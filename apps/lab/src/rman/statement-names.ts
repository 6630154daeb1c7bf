/** What RMAN calls a statement: in RMAN-03002, and in the rows of v$rman_status. */
import { type Statement } from './ast';

/** Statements that get a row of their own in v$rman_status, with what they work on. */
const JOBS: Partial<Record<Statement['kind'], string>> = {
  backup: 'BACKUP',
  restore: 'RESTORE',
  recover: 'RECOVER',
  validate: 'VALIDATE',
  'catalog-pieces': 'CATALOG',
  'catalog-logs': 'CATALOG',
  'catalog-copies': 'CATALOG',
  'catalog-files': 'CATALOG',
  crosscheck: 'CROSSCHECK',
  delete: 'DELETE',
  'delete-obsolete': 'DELETE',
};

export function jobOf({ kind }: Statement): string | undefined {
  return JOBS[kind];
}

/** The name in RMAN-03002. */
export function nameOf(statement: Statement): string {
  const { kind } = statement;
  if (kind.startsWith('set-')) return 'set';
  if (kind.startsWith('report-')) return 'report';
  if (kind.startsWith('list')) return 'list';
  if (kind.startsWith('catalog-') && kind !== 'catalog-only') return 'catalog';
  switch (statement.kind) {
    case 'duplicate':
      return 'Duplicate Db';
    case 'delete-obsolete':
      return 'delete';
    case 'sql':
    case 'mount':
    case 'open':
      return 'sql statement';
    case 'switch-files':
    case 'switch-to-copy':
      return 'switch';
    case 'unsimulated':
    case 'catalog-only':
      return statement.name.toLowerCase();
    default:
      return kind;
  }
}

/** OBJECT_TYPE of a BACKUP. */
export function objectOf(statement: Statement): string | null {
  if (statement.kind !== 'backup') return null;
  const [spec] = statement.specs;
  switch (spec?.what.kind) {
    case 'archived-logs':
      return 'ARCHIVELOG';
    case 'control-file':
      return 'CONTROLFILE';
    case 'spfile':
      return 'SPFILE';
    case 'database':
      return statement.level === null ? 'DB FULL' : 'DB INCR';
    default:
      return statement.level === null ? 'DATAFILE FULL' : 'DATAFILE INCR';
  }
}
