/** The SQL side of an instance: its views, and what ALTER does to it. The listener and the local sqlplus ask the same evaluator. */
import { DEFAULT_DATE_FORMAT, formatDate } from '../sql/date-format';
import { createSqlEvaluator, type SqlEvaluator } from '../sql/evaluator';
import { OraError as SqlError } from '../sql/ora-error';
import { SqlDate } from '../sql/sql-date';
import { type SqlValue } from '../sql/value';
import { databaseTables } from '../views/database-tables';
import { executeAlter, killSession } from './execute-alter';
import { type Instance } from './instance';
import { type InstanceOperations } from './instance-port';
import { OraError } from './ora-error';

export function evaluatorOf(instance: Instance): SqlEvaluator {
  const live = instance.liveState();
  const { now } = instance.options;
  const tables = databaseTables({ controlFile: () => instance.store().current, live, now });
  return createSqlEvaluator({ tables, commands: commandsOf(instance), now });
}

/** One statement of a local administrator. Throws OraError. */
export async function queryAs(
  instance: Instance,
  sql: string,
): Promise<InstanceOperations['query']['result']> {
  const session = { user: 'SYS', readsDictionary: true, altersSystem: true };
  try {
    const result = await evaluatorOf(instance).execute({ sql, binds: [], parseOnly: false, session });
    if (result.kind !== 'rows') return { columns: [], rows: [] };
    return {
      columns: result.columns.map(({ name, type }) => ({ name, isNumber: type === 'NUMBER' })),
      rows: result.rows.map((row) => row.map(textOf)),
    };
  } catch (error) {
    if (error instanceof SqlError) throw new OraError(error.ora, error.text);
    throw error;
  }
}

function textOf(value: SqlValue): string | null {
  if (value === null || typeof value === 'string') return value;
  return value instanceof SqlDate ? formatDate(value, DEFAULT_DATE_FORMAT) : value.toString();
}

function commandsOf(instance: Instance) {
  return {
    archiveLogCurrent: async () => instance.database().archiveLogCurrent(instance.thread),
    switchLogfile: async () => instance.database().switchLog(instance.thread),
    checkpoint: async () => instance.database().checkpoint(),
    killSession: async (target: { sid: number; serial: number; instance: number | null }) => {
      killSession(instance, target);
    },
    setBlockChangeTracking: async ({ enabled, file }: { enabled: boolean; file: string | null }) =>
      executeAlter(
        instance,
        enabled
          ? `ALTER DATABASE ENABLE BLOCK CHANGE TRACKING${file === null ? '' : ` USING FILE '${file}'`}`
          : 'ALTER DATABASE DISABLE BLOCK CHANGE TRACKING',
      ),
    alterOther: (sql: string) => executeAlter(instance, sql),
  };
}
