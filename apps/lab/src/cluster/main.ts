/**
 * The process of a simulated cluster: `main.js --base DIR [--cache-bytes N]`. It runs all instances over one open database, which stands
 * for shared storage and global cache; to the outside each has its own address, listener, socket and background processes, and is lost
 * alone. Prints `cluster.open` when all are open and `cluster.closed` at the end; SIGTERM and SIGINT shut down cleanly.
 */
import { parseArgs } from 'node:util';
import { useDiskFaultsOf } from '../engine/disk-faults';
import { serveControl } from '../instance/control-server';
import { Instance } from '../instance/instance';
import { type InstanceFile, readInstanceFile } from '../instance/oracle-home';
import { ServedInstance } from '../instance/served-instance';
import { SharedDatabase } from '../instance/shared-database';
import { type ClusterFile, type ClusterMember, readClusterFile } from './cluster-file';

let clockSkewMs = 0;
const now = () => new Date(Date.now() + clockSkewMs);

/** Starts all instances; the process then lives until a signal. */
async function runCluster(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: { base: { type: 'string' }, 'cache-bytes': { type: 'string' } },
  });
  const cluster = readClusterFile(values.base ?? '');
  if (cluster === undefined) throw new RangeError(`${values.base ?? ''} holds no cluster`);
  useDiskFaultsOf(cluster.base);
  const served = makeInstances(cluster, values['cache-bytes']);
  for (const one of served) await one.start('OPEN');
  const control = await serveControl(cluster.controlSocket, served);
  const signalled = Promise.withResolvers<void>();
  process.once('SIGTERM', signalled.resolve);
  process.once('SIGINT', signalled.resolve);
  print('cluster.open', {
    instances: served.map(({ file, instance, listenerPort }) => ({
      ...{ sid: file.sid, number: instance.thread, host: file.host, listenerPort, ipcSocket: file.ipcSocket },
    })),
    controlSocket: cluster.controlSocket,
  });
  await signalled.promise;
  for (const one of served) {
    if (one.state !== 'DOWN') await one.stop();
    await one.end();
  }
  control.close();
  print('cluster.closed', { dbUniqueName: cluster.dbUniqueName });
}

function makeInstances(cluster: ClusterFile, cacheBytes: string | undefined): ServedInstance[] {
  const shared = new SharedDatabase();
  const instances: Instance[] = [];
  return cluster.members.map((member) => {
    const file = readInstanceFile(member.oracleHome, member.sid);
    if (file === undefined) throw new RangeError(`${member.oracleHome} knows no instance ${member.sid}`);
    const instance = makeInstance(cluster, member, { shared, instances, cacheBytes });
    instances.push(instance);
    return serve(instance, file);
  });
}

function makeInstance(
  cluster: ClusterFile,
  member: ClusterMember,
  context: { shared: SharedDatabase; instances: readonly Instance[]; cacheBytes: string | undefined },
): Instance {
  const { shared, instances, cacheBytes } = context;
  return new Instance({
    ...{ sid: member.sid, base: cluster.base, oracleHome: member.oracleHome, now },
    storageName: cluster.dbName,
    cluster: { shared, number: member.number, hostName: member.node, members: () => instances },
    ...(cacheBytes === undefined ? {} : { cacheBytes: Number(cacheBytes) }),
    onFatal: fail,
  });
}

function serve(instance: Instance, file: InstanceFile): ServedInstance {
  const served: ServedInstance = new ServedInstance(instance, {
    file,
    background: ['pmon', 'lmon'],
    onCrash: () => {
      print('instance.crashed', { sid: file.sid });
    },
    setClockSkew: (milliseconds) => {
      clockSkewMs = milliseconds;
    },
  });
  return served;
}

function print(event: string, fields: Record<string, unknown>): void {
  process.stdout.write(JSON.stringify({ event, at: now().toISOString(), ...fields }) + '\n');
}

function fail(error: unknown): void {
  process.stderr.write(`cluster: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

if (require.main === module) runCluster(process.argv.slice(2)).catch(fail);
