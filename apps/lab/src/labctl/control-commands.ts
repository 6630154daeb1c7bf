/**
 * labctl's commands over the control socket: clusters, single instances of them, and faults by name. Error stacks of RMAN are armed in a file
 * that whoever comes to them reads, so they need nothing that runs.
 */
import { resolve } from 'node:path';
import { type Command } from 'commander';
import { createCluster } from '../cluster/create-cluster';
import { type ClusterFile, readClusterFile } from '../cluster/cluster-file';
import { FAULTS, type FaultName } from '../faults/rman-fault-catalog';
import { armedFaults, armFault, disarmFaults, isFaultName } from '../faults/rman-faults';
import { HOST_FAULTS, type HostFaultOptions, isHostFault } from '../faults/host-faults';
import { PHASES } from '../faults/phases';
import { askControl, type ControlRequest, controlSocketOf } from '../instance/control-server';
import { hostPaths, readInstanceFile } from '../instance/oracle-home';
import { passwordUsers } from './create';
import { parseCount, parseSize } from './parse-size';
import { startDetached, waitUntilGone } from '../instance/start-instance';
import { UsageError } from './usage-error';

interface ClusterFlags {
  base: string;
  dbName: string;
  dbUniqueName?: string;
  instances: number;
  size: number;
  redoSize: number;
  seed?: number;
  pdbs?: number;
  mixed?: true;
  localSnapshot?: true;
  sysPasswordFile?: string;
  backupUser?: string;
  backupPasswordFile?: string;
}

const INSTANCE_COMMANDS = ['start', 'stop', 'crash', 'hang', 'resume'] as const;
const now = () => new Date();

function print(result: unknown): void {
  process.stdout.write(JSON.stringify(result, null, 2) + '\n');
}

function onBase(command: Command): Command {
  return command.requiredOption('--base <dir>', 'directory of the simulated host or cluster');
}

function clusterOf(base: string): ClusterFile {
  const cluster = readClusterFile(resolve(base));
  if (cluster === undefined) throw new UsageError(`${base} holds no cluster`);
  return cluster;
}

/** The control socket of whatever runs there. */
function controlOf({ base, sid = 'ORCL' }: { base: string; sid?: string }): string {
  const cluster = readClusterFile(resolve(base));
  if (cluster !== undefined) return cluster.controlSocket;
  const file = readInstanceFile(hostPaths.oracleHome(resolve(base)), sid);
  if (file === undefined) throw new UsageError(`${base} has no instance ${sid}`);
  return controlSocketOf(file.ipcSocket);
}

async function ask(place: { base: string; sid?: string }, request: ControlRequest): Promise<void> {
  print(
    await askControl(controlOf(place), {
      ...request,
      ...(place.sid === undefined ? {} : { sid: place.sid }),
    }),
  );
}

export function addCluster(program: Command): void {
  onBase(program.command('cluster-create').description('create a cluster: hosts, homes, one database'))
    .option('--db-name <name>', '', 'ORCL')
    .option('--db-unique-name <name>', 'default: the name in lower case')
    .option('--instances <n>', '2 to 4', parseCount, 3)
    .option('--size <bytes>', 'all data files together', parseSize, parseSize('400M'))
    .option('--redo-size <bytes>', 'each online log', parseSize, parseSize('16M'))
    .option('--seed <n>', 'contents', parseCount)
    .option('--pdbs <n>', 'pluggable databases (default: no containers)', parseCount)
    .option('--mixed', 'block sizes from 2 to 32 KiB, a bigfile and an encrypted tablespace as well')
    .option('--local-snapshot', 'snapshot control file in each home instead of shared storage')
    .option('--sys-password-file <file>', 'enables SYS in the password file')
    .option('--backup-user <name>')
    .option('--backup-password-file <file>')
    .action(async (flags: ClusterFlags) => {
      print(await createFrom(flags));
    });
  onBase(program.command('cluster-start').description('open all instances and answer; they go on running'))
    .option('--cache-bytes <bytes>', 'buffer cache', parseSize)
    .action(async ({ base, cacheBytes }: { base: string; cacheBytes?: number }) => {
      const cluster = clusterOf(base);
      const argv = ['--base', cluster.base];
      if (cacheBytes !== undefined) argv.push('--cache-bytes', String(cacheBytes));
      print(await startDetached(argv, `${cluster.base}/cluster.log`, 'cluster'));
    });
  onBase(program.command('cluster-stop').description('shut all instances down')).action(
    async ({ base }: { base: string }) => {
      const [first] = (await askControl(clusterOf(base).controlSocket, { command: 'status' })) as {
        pid: number;
      }[];
      const pid = first?.pid ?? 0;
      process.kill(pid, 'SIGTERM');
      await waitUntilGone(pid);
      print({ stopped: true, pid });
    },
  );
}

async function createFrom(flags: ClusterFlags): Promise<ClusterFile> {
  const { dbName, dbUniqueName = dbName.toLowerCase(), instances, size, redoSize, pdbs, mixed } = flags;
  return createCluster({
    ...{ base: resolve(flags.base), dbName, dbUniqueName, instances },
    database: {
      ...{ totalBytes: size, redoLogBytes: redoSize, seed: flags.seed ?? 1, now },
      ...(pdbs === undefined ? {} : { pdbs }),
      mixed: mixed === true,
    },
    users: passwordUsers(flags),
    localSnapshot: flags.localSnapshot === true,
  });
}

export function addInstanceControl(program: Command): void {
  const instance = program
    .command('instance')
    .description('one instance of what runs, by its control socket');
  for (const command of INSTANCE_COMMANDS)
    onBase(instance.command(command))
      .option('--sid <sid>', 'instance (default: the only one)')
      .action(async (flags: { base: string; sid?: string }) => {
        await ask(flags, { command });
      });
  onBase(instance.command('status')).action(async (flags: { base: string }) => {
    await ask(flags, { command: 'status' });
  });
}

type ArmFlags = HostFaultOptions & { base: string; sid?: string; times: number };

/** Some stacks of RMAN bear the name of what causes them on a host: with an instance named it is the host that fails. */
function isOfRman(name: string, sid: string | undefined): name is FaultName {
  return isFaultName(name) && !(sid !== undefined && isHostFault(name));
}

export function addFaults(program: Command): void {
  const fault = program.command('fault').description('failures of the host and error stacks of RMAN by name');
  fault.command('names').action(() => {
    print({ faults: HOST_FAULTS, rman: FAULTS, phases: Object.keys(PHASES) });
  });
  onBase(fault.command('arm <name>'))
    .option('--sid <sid>', 'instance (default: the only one)')
    .option('--phase <phase>', Object.keys(PHASES).join(', '))
    .option('--after <n>', 'times the phase passes before', parseCount)
    .option('--ms <n>', '', parseCount)
    .option('--file <n>', '', parseCount)
    .option('--block <n>', '', parseCount)
    .option('--seconds <n>', '', Number)
    .option('--release <version>', 'such as 19.20.0.0.0')
    .option('--match <text>', 'part of a statement, or of what an error stack of RMAN is about')
    .option('--times <n>', 'strikes of an error stack of RMAN', parseCount, 1)
    .action(async (name: string, { base, sid, times, ...options }: ArmFlags) => {
      if (isOfRman(name, sid)) {
        const { match } = options;
        armFault(resolve(base), { name, times, ...(match === undefined ? {} : { match }) });
        print({ armed: name, times });
        return;
      }
      const place = { base, ...(sid === undefined ? {} : { sid }) };
      await ask(place, { command: 'fault-arm', fault: name, options });
    });
  onBase(fault.command('clear [name]'))
    .option('--sid <sid>', 'instance (default: the only one)')
    .action(async (name: string | undefined, flags: { base: string; sid?: string }) => {
      const { sid } = flags;
      if (name === undefined) disarmFaults(resolve(flags.base));
      if (name !== undefined && isOfRman(name, sid)) {
        disarmFaults(resolve(flags.base), name);
        print({ cleared: name });
      } else await ask(flags, { command: 'fault-clear', ...(name === undefined ? {} : { fault: name }) });
    });
  onBase(fault.command('list-rman').description('error stacks that are armed')).action(
    (flags: { base: string }) => print(armedFaults(resolve(flags.base))),
  );
  onBase(fault.command('list'))
    .option('--sid <sid>', 'instance (default: the only one)')
    .action(async (flags: { base: string; sid?: string }) => {
      await ask(flags, { command: 'fault-list' });
    });
}
