/**
 * labctl: makes, starts, stops and stirs a simulated Oracle host. Answers are JSON on stdout; errors are one line on
 * stderr, exit code 1 (it did not work) or 2 (the command line is wrong).
 */
import { join, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { readClusterFile } from '../cluster/cluster-file';
import { compareFiles } from '../engine/compare-files';
import { readTruthMark } from '../engine/mark-truth';
import { readControlFile } from '../control-file/control-file-store';
import { connectInstance, type InstanceClient } from '../instance/ipc-client';
import { hostPaths, type InstanceFile, readInstanceFile } from '../instance/oracle-home';
import { type WorkloadRequest } from '../instance/instance-port';
import { addCluster, addFaults, addInstanceControl } from './control-commands';
import { create, createAuxiliary } from './create';
import { damageBlock } from './damage';
import { prepareHost, registerInstance, writeServerParameters } from './oracle-host';
import { parseCount, parseSize } from './parse-size';
import { startDetached, waitUntilGone } from '../instance/start-instance';
import { UsageError } from './usage-error';

const now = () => new Date();
const DEFAULT_SID = 'ORCL';

interface Place {
  base: string;
  sid: string;
}

interface CompareFlags {
  base: string;
  untilScn: string;
  dir: string;
  afterResetlogs?: true;
  duplicate?: true;
}

interface StartFlags extends Place {
  mount?: true;
  nomount?: true;
  detach?: true;
  cacheBytes?: number;
  splitWrites?: true;
}

interface WorkloadFlags extends Place {
  transactions: number;
  rowsPerTransaction: number;
  seed: number;
  uniform?: true;
  perSecondMax?: number;
  nologging?: true;
}

function print(result: unknown): void {
  process.stdout.write(JSON.stringify(result, null, 2) + '\n');
}

/** In a cluster `sid` may be left out: its first instance then. */
function instanceFileOf({ base, sid }: Place): InstanceFile {
  const members = readClusterFile(resolve(base))?.members ?? [];
  const member = members.find((candidate) => candidate.sid === sid) ?? members[0];
  if (member !== undefined && (sid === DEFAULT_SID || sid === member.sid)) {
    const found = readInstanceFile(member.oracleHome, member.sid);
    if (found !== undefined) return found;
  }
  const file = readInstanceFile(hostPaths.oracleHome(resolve(base)), sid);
  if (file === undefined) throw new UsageError(`${base} has no instance ${sid}`);
  return file;
}

async function withInstance<T>(place: Place, work: (client: InstanceClient) => Promise<T>): Promise<T> {
  const client = await connectInstance({ socketPath: instanceFileOf(place).ipcSocket });
  if (client === undefined) throw new Error(`instance ${place.sid} is not started`);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

function onHost(command: Command): Command {
  return command
    .requiredOption('--base <dir>', 'directory of the simulated host')
    .option('--sid <sid>', 'instance', DEFAULT_SID);
}

function addCreate(program: Command): void {
  onHost(program.command('create').description('create a host with one database'))
    .option('--size <bytes>', 'all data files together', parseSize, parseSize('400M'))
    .option('--redo-size <bytes>', 'each online log', parseSize, parseSize('16M'))
    .option('--db-unique-name <name>')
    .option('--service <name>', 'listener service (default: the unique name)')
    .option('--seed <n>', 'contents (default: random)', parseCount)
    .option('--dbid <n>', 'default: random', parseCount)
    .option('--port <n>', 'listener port (default: a free one, kept)', parseCount)
    .option('--pdbs <n>', 'pluggable databases (default: no containers)', parseCount)
    .option('--mixed', 'block sizes from 2 to 32 KiB, a bigfile and an encrypted tablespace as well')
    .option('--noarchivelog')
    .option('--recovery-area-size <bytes>', 'limit of the recovery area', parseSize)
    .option('--sys-password-file <file>', 'enables SYS in the password file')
    .option('--backup-user <name>')
    .option('--backup-password-file <file>')
    .action(async (flags: Record<string, unknown> & Place & { size: number; redoSize: number }) => {
      const { size, redoSize, ...rest } = flags;
      const base = resolve(flags.base);
      print(await create({ ...rest, base, totalBytes: size, redoLogBytes: redoSize, now }));
    });
  program
    .command('host')
    .description('create a host without a database (to restore to)')
    .requiredOption('--base <dir>', 'directory of the simulated host')
    .action(({ base }: { base: string }) => {
      prepareHost(resolve(base));
      print({ base: resolve(base), oracleHome: hostPaths.oracleHome(resolve(base)) });
    });
}

function addAuxiliary(program: Command): void {
  onHost(
    program
      .command('auxiliary')
      .description('an instance without a database, for DUPLICATE: parameters and passwords'),
  )
    .option('--db-name <name>', "default: the SID; for a standby its primary's")
    .option('--sys-password-file <file>', 'enables SYS in the password file')
    .action(async (flags: Place & { sysPasswordFile?: string; dbName?: string }) => {
      print(await createAuxiliary({ ...flags, base: resolve(flags.base) }));
    });
}

function addRegister(program: Command): void {
  onHost(program.command('register').description('make a database that was restored here startable'))
    .option('--service <name>', 'listener service (default: the unique name)')
    .option('--port <n>', 'listener port (default: a free one, kept)', parseCount)
    .action(async (flags: Place & { service?: string; port?: number }) => {
      const base = resolve(flags.base);
      const { dbName, dbUniqueName } = readControlFile(
        join(hostPaths.oradata(base, flags.sid), 'control01.ctl'),
      );
      prepareHost(base);
      const service = flags.service ?? dbUniqueName;
      const file = await registerInstance(base, { sid: flags.sid, dbUniqueName, service, port: flags.port });
      writeServerParameters(base, file, { db_name: dbName });
      print(file);
    });
}

function addStartStop(program: Command): void {
  onHost(
    program.command('start').description('run the instance in the foreground; --detach leaves it running'),
  )
    .option('--mount', 'mount only')
    .option('--nomount', 'start only, as DUPLICATE wants its auxiliary instance')
    .option('--detach', 'answer when it is open')
    .option('--cache-bytes <bytes>', 'buffer cache', parseSize)
    .option('--split-writes', 'write blocks in halves, so that readers meet torn blocks')
    .action(async (flags: StartFlags) => {
      instanceFileOf(flags);
      const argv = ['--base', resolve(flags.base), '--sid', flags.sid];
      if (flags.mount) argv.push('--mount');
      if (flags.nomount) argv.push('--nomount');
      if (flags.splitWrites) argv.push('--split-writes');
      if (flags.cacheBytes !== undefined) argv.push('--cache-bytes', String(flags.cacheBytes));
      if (flags.detach)
        print(await startDetached(argv, join(hostPaths.dbs(resolve(flags.base)), `alert_${flags.sid}.log`)));
      else {
        const { runInstance } = await import('../instance/main.js'); // no other command needs all that an instance is
        await runInstance(argv);
      }
    });
  onHost(program.command('stop').description('shut the instance down'))
    .option('--abort', 'without a checkpoint')
    .action(async (flags: Place & { abort?: true }) => {
      const { pid } = await withInstance(flags, async (client) => {
        const identity = await client.identity({});
        await client.shutdown({ mode: flags.abort ? 'ABORT' : 'IMMEDIATE' });
        return identity;
      });
      await waitUntilGone(pid);
      print({ stopped: true, pid });
    });
  onHost(program.command('status')).action(async (flags: Place) => {
    const client = await connectInstance({ socketPath: instanceFileOf(flags).ipcSocket });
    if (client === undefined) {
      print({ status: 'DOWN' });
      return;
    }
    try {
      const identity = await client.identity({});
      print(
        identity.status === 'OPEN'
          ? { status: 'OPEN', ...(await client.status({})) }
          : { status: identity.status, identity },
      );
    } finally {
      client.close();
    }
  });
}

function addWork(program: Command): void {
  onHost(program.command('workload').description('change rows in the open database'))
    .requiredOption('--transactions <n>', '', parseCount)
    .option('--rows-per-transaction <n>', '', parseCount, 20)
    .option('--seed <n>', 'which rows', parseCount, 1)
    .option('--uniform', 'all over the database instead of about 1 % of its blocks')
    .option('--per-second-max <n>', 'transactions per second at most', parseCount)
    .option('--nologging', 'without redo, as a direct-path load: recovery cannot make these changes again')
    .action(async ({ base, sid, ...request }: WorkloadFlags) => {
      print(
        await withInstance({ base, sid }, (client) => client.workload(request satisfies WorkloadRequest)),
      );
    });
  onHost(program.command('sql <statement>').description('run an ALTER statement')).action(
    async (statement: string, flags: Place) => {
      print(await withInstance(flags, (client) => client.runSql({ sql: statement })));
    },
  );
  onHost(program.command('damage').description('flip bytes of one block on disk'))
    .requiredOption('--file <n>', '', parseCount)
    .requiredOption('--block <n>', '', parseCount)
    .action((flags: Place & { file: number; block: number }) => {
      const [controlFile] = instanceFileOf(flags).controlFiles;
      print(damageBlock(controlFile ?? '', { file: flags.file, block: flags.block }));
    });
}

function addTruth(program: Command): void {
  onHost(program.command('mark').description('note what the database holds now')).action(
    async (flags: Place) => {
      print(await withInstance(flags, (client) => client.mark({})));
    },
  );
  program
    .command('compare')
    .description('compare restored data files with a mark; exit code 1 when they differ')
    .requiredOption('--base <dir>', 'host that made the mark')
    .requiredOption('--until-scn <scn>')
    .requiredOption('--dir <dir>', 'directory of the restored files')
    .option('--duplicate', 'as --after-resetlogs, and under another name and DBID')
    .option('--after-resetlogs', 'the files were opened with RESETLOGS, and nothing changed since')
    .action(async (flags: CompareFlags) => {
      const mark = readTruthMark(hostPaths.truth(resolve(flags.base)), flags.untilScn);
      const result = await compareFiles(mark, {
        directory: resolve(flags.dir),
        afterResetlogs: flags.afterResetlogs === true || flags.duplicate === true,
        duplicate: flags.duplicate === true,
      });
      print(result);
      if (result.identical !== result.dataFiles) process.exitCode = 1;
    });
}

async function main(argv: string[]): Promise<void> {
  const program = new Command('labctl').exitOverride().configureOutput({
    outputError: (text, write) => {
      write(`labctl: ${text.replace(/^error: /, '')}`);
    },
  });
  addCreate(program);
  addAuxiliary(program);
  addRegister(program);
  addStartStop(program);
  addWork(program);
  addTruth(program);
  addCluster(program);
  addInstanceControl(program);
  addFaults(program);
  for (const command of program.commands) command.copyInheritedSettings(program);
  await program.parseAsync(argv, { from: 'user' });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`labctl: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
});
