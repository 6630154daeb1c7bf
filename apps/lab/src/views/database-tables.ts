// All views together: what the SQL evaluator can select from besides DUAL.
import { type ControlFile } from '../control-file/control-file';
import { type Table, type TableProvider } from '../sql/table';
import { BACKUP_VIEWS } from './backup-views';
import { DICTIONARY_VIEWS, EMPTY_VIEWS } from './dictionary-views';
import { ENCRYPTION_VIEWS } from './encryption-views';
import { FILE_VIEWS } from './file-views';
import { INSTANCE_VIEWS } from './instance-views';
import { type LiveState } from './live-state';
import { SESSION_VIEWS } from './session-views';
import { viewTables } from './view';
import { RMAN_VIEWS } from './rman-views';

export interface DatabaseSource {
  /** Only asked while the instance is mounted or open. */
  controlFile: () => ControlFile;
  live: LiveState;
  now: () => Date;
}

/** Views are also known by the names of the tables behind their public synonyms: V_$DATABASE, GV_$SESSION. */
const SYNONYM = /^(G?V)_\$/;

export function databaseTables(source: DatabaseSource): TableProvider {
  const declarations = [
    ...INSTANCE_VIEWS,
    ...ENCRYPTION_VIEWS,
    ...FILE_VIEWS,
    ...EMPTY_VIEWS,
    ...DICTIONARY_VIEWS,
    ...SESSION_VIEWS,
    ...BACKUP_VIEWS,
    ...RMAN_VIEWS,
  ];
  const tables = new Map<string, Table>();
  for (const table of declarations.flatMap((view) => viewTables(view, source))) tables.set(table.name, table);
  return (name) => tables.get(name.replace(SYNONYM, '$1$')) ?? null;
}
