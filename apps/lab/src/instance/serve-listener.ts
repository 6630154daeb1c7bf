/** Puts the TNS listener in front of an instance: logins from its password file, statements to the SQL evaluator. */
import { existsSync } from 'node:fs';
import { isPluggable, ROOT_CONTAINER } from '../engine/database-plan';
import { type HostFaults } from '../faults/host-faults';
import { startListener, type RunningListener } from '../listener/listener';
import { readPasswordFile } from '../listener/password-file';
import { OraError as SqlError } from '../sql/ora-error';
import { createSqlEvaluator } from '../sql/evaluator';
import { databaseTables } from '../views/database-tables';
import { executeAlter, killSession } from './execute-alter';
import { type Instance } from './instance';
import { type InstanceFile, passwordFilePath } from './oracle-home';

/** TNS: listener: all appropriate instances are blocking new connections (NOMOUNT: the instance registers as BLOCKED). */
const BLOCKED_SERVICE = 12528;
/** TNS: listener does not currently know of service: an instance that is down has taken its services along. */
const UNKNOWN_SERVICE = 12514;

function loopback(host = '127.0.0.1'): `127.${string}` {
  if (!/^127(\.\d{1,3}){3}$/.test(host)) throw new RangeError(`not a loopback address: ${host}`);
  return host as `127.${string}`;
}

const ORA_CONTROL_FILE_READ = 235;
const NO_FAULTS: Pick<HostFaults, 'ofStatement'> = { ofStatement: () => null };

/** Starts listening on the instance's port. */
export async function serveListener(
  instance: Instance,
  file: InstanceFile,
  faults: Pick<HostFaults, 'ofStatement'> = NO_FAULTS,
): Promise<RunningListener> {
  const { sid, oracleHome, now } = instance.options;
  const live = instance.liveState();
  const tables = databaseTables({ controlFile: () => instance.store().current, live, now });
  const evaluator = createSqlEvaluator({ tables, commands: commandsOf(instance), now });
  const passwordFile = passwordFilePath(oracleHome, sid);
  const { dbName, versionFull } = instance.identity();
  const { dbUniqueName } = file;
  return startListener({
    host: loopback(file.host),
    port: file.listenerPort,
    service: { names: [file.service, sid], sids: [sid] },
    users: async () => {
      await instance.whenAnswering();
      return existsSync(passwordFile) ? readPasswordFile(passwordFile) : { users: [] };
    },
    instance: { instanceName: sid, dbName, dbUniqueName, versionFull },
    execute: async (request) => {
      await instance.whenAnswering();
      const fault = faults.ofStatement(request.sql);
      if (fault === 'query-fails')
        throw new SqlError(
          ORA_CONTROL_FILE_READ,
          'control file read without a lock inconsistent due to concurrent update',
        );
      const result = await evaluator.execute(request);
      return fault === 'query-empty' && result.kind === 'rows' ? { ...result, rows: [] } : result;
    },
    containerOf: (service) => containerOf(instance, service),
    openSession: (session) => live.openSession(session),
    refuse: () =>
      instance.status === 'DOWN' ? UNKNOWN_SERVICE : instance.status === 'STARTED' ? BLOCKED_SERVICE : null,
    refuseLogin: ({ privilege }) => refusalOf(instance, privilege),
    onFault: (error) => {
      process.stderr.write(`listener: ${error instanceof Error ? error.message : String(error)}\n`);
    },
  });
}

/** CON_ID of a session: each pluggable database has a service of its name, every other one leads to the root. */
function containerOf(instance: Instance, service: string): number | null {
  const hasControlFile = instance.status === 'MOUNTED' || instance.status === 'OPEN';
  const containers = hasControlFile ? (instance.store().current.containers ?? []) : [];
  if (containers.length === 0) return null;
  return containers.find((c) => isPluggable(c) && c.name === service.toUpperCase())?.conId ?? ROOT_CONTAINER;
}

/** While an instance is not open only administrators come in. */
function refusalOf(instance: Instance, privilege: string | null): { ora: number; text: string } | null {
  if (instance.shutdownSignal.aborted)
    return { ora: 1089, text: 'immediate shutdown or close in progress - no operations are permitted' };
  if (privilege !== null) return null;
  if (instance.status === 'OPEN') {
    const isStuck = instance.database().archiver.error !== undefined;
    return isStuck ? { ora: 257, text: 'Archiver error. Connect AS SYSDBA only until resolved.' } : null;
  }
  return { ora: 1033, text: 'ORACLE initialization or shutdown in progress' };
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
