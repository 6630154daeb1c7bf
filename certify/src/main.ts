// `make certify`: what a real Oracle host does, held against what the lab believes. It asks questions; with consent it backs up one data file
// under names of its own, has RMAN forget all of it again, and writes a report.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Evidence } from './evidence';
import { runProgram } from './host/run-program';
import { type QueryAnswer } from './host/sqlplus';
import { openCertifyVault } from './media/certify-vault';
import { MediaServer, type TracedCall } from './media/media-server';
import { readOptions, USAGE, type Options } from './options';
import { judge, prepareDirectory, writeReport } from './report';
import { Certification, TAG, type TargetFile } from './steps/certification';
import { runSteps } from './steps/run-steps';
import { askEverything, chooseDataFile, chooseNewFile } from './survey';

const ID_BYTES = 4;
const REDO_BLOCK_BYTES = 512;
const EXIT = { usage: 2, refuted: 3 };
const MEBIBYTE = 1_048_576;
/** They end the steps, never the cleaning up. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Collected {
  readonly evidence: Evidence;
  readonly trace: readonly TracedCall[];
  readonly trouble: readonly string[];
}

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  const options = readOptions(argv, process.env);
  prepareDirectory(options.directory);
  say('asking the questions of the product');
  const queries = await askEverything(options);
  const dataFile = chooseDataFile(queries, options);
  const newFile = chooseNewFile(queries, options, dataFile);
  const may = dataFile !== null && (options.yes || (await consents(options, { dataFile, newFile })));
  const prefix = `adycert_${randomBytes(ID_BYTES).toString('hex')}_`;
  const collected = may
    ? await collect(options, { queries, dataFile, newFile, prefix })
    : questionsOnly({ queries, dataFile, prefix });
  const report = judge(collected.evidence, {
    at: new Date().toISOString(),
    program: 'adyton certify 0.1.0',
    host: describeHost(queries),
    trouble: collected.trouble,
  });
  writeReport(options.directory, report, collected);
  const { confirmed, refuted, 'not-seen': notSeen } = report.counts;
  say(`${confirmed} confirmed, ${refuted} refuted, ${notSeen} not seen; report in ${options.directory}`);
  for (const text of collected.trouble) say(`trouble: ${text}`);
  process.exitCode = refuted > 0 || collected.trouble.length > 0 ? EXIT.refuted : 0;
}

type Survey = { readonly queries: Record<string, QueryAnswer>; readonly prefix: string };

function questionsOnly({ queries, dataFile, prefix }: Survey & { dataFile: TargetFile | null }): Collected {
  say(
    dataFile === null ? 'no data file fits, so nothing is backed up' : 'no consent, so nothing is backed up',
  );
  const evidence = { prefix, dataFile, newFile: null, queries, sbttest: null, steps: {} };
  return { evidence, trace: [], trouble: [] };
}

interface ChosenFiles {
  readonly dataFile: TargetFile;
  readonly newFile: TargetFile | null;
}

async function consents(
  options: Options,
  { dataFile: { file, bytes, tablespace }, newFile }: ChosenFiles,
): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const more = [
    newFile === null
      ? ''
      : `\nIt will also back up data file ${newFile.file} once (${Math.ceil(newFile.bytes / MEBIBYTE)} MiB), which nobody has backed up yet.`,
    options.configureExclude
      ? `\nIt will also CONFIGURE EXCLUDE FOR TABLESPACE '${tablespace}' for the time of one backup, and CLEAR that again.`
      : '',
    options.killChannel ? '\nIt will also kill the server process of one of its own channels.' : '',
  ];
  process.stdout.write(
    `\nThis will, on instance ${options.oracleSid}:
  * back up data file ${file} (${Math.ceil(bytes / MEBIBYTE)} MiB) about twenty times, one archived log and the control file, with our library;
  * write one of these backups and two image copies of that file to a directory of its own below ${tmpdir()}, and delete them;
  * CROSSCHECK, DELETE, CATALOG and UNCATALOG pieces of those backups, by name, and no others;
  * have RMAN forget all of them at the end. Until then a level 1 of file ${file} by another backup tool could build on one of them.
It changes no data, no other backup record, and no setting that stays changed.${more.join('')}\n\n`,
  );
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(`Type ${options.oracleSid} to go on: `);
  prompt.close();
  return answer.trim() === options.oracleSid;
}

async function collect(options: Options, survey: Survey & ChosenFiles): Promise<Collected> {
  const { queries, dataFile, newFile, prefix } = survey;
  // a Unix socket's path is short, and what lies here is for this user only
  const directory = mkdtempSync(join(tmpdir(), 'adycert-'));
  const socketPath = join(directory, 's');
  const vault = await openCertifyVault({
    ...{ id: prefix, dbid: queries['database']?.rows[0]?.['DBID'] ?? '0', env: process.env },
    directory: join(options.directory, 'vault'),
  });
  say(`pieces go to ${vault.name}`);
  const unitBytesOf = (handle: string): number =>
    handle.includes('_archivedLog_') ? REDO_BLOCK_BYTES : dataFile.blockBytes;
  const media = new MediaServer({ vault, socketPath, directory, unitBytesOf });
  const host = { ...options, logs: join(options.directory, 'logs') };
  const run = new Certification({
    host,
    media,
    library: options.library,
    socketPath,
    prefix,
    dataFile,
    newFile,
    scratch: directory,
    say,
  });
  const trouble: string[] = [];
  const noteTrouble = (what: string) => (error: unknown) =>
    void trouble.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  const interrupt = (): void => run.interrupt();
  for (const signal of SIGNALS) process.on(signal, interrupt);
  say(
    `should this program be killed, let RMAN forget its pieces: CHANGE BACKUPPIECE TAG '${TAG}' UNCATALOG; CHANGE COPY OF DATABASE TAG '${TAG}' UNCATALOG`,
  );
  let sbttest: Evidence['sbttest'] = null;
  try {
    await media.start();
    sbttest = await runSbttest(options, { socketPath, tokenFile: media.tokenFile, name: `${prefix}sbttest` });
    await runSteps(run, options).catch(noteTrouble('a step failed'));
  } finally {
    const left = await run.cleanUp().catch((error: unknown) => {
      noteTrouble('cleaning up failed')(error);
      return [];
    });
    if (left.length > 0)
      trouble.push(`RMAN still lists ${left.join(', ')}: CHANGE BACKUPPIECE '…' UNCATALOG`);
    await media.stop();
    await vault.close(media.written);
    rmSync(directory, { recursive: true, force: true });
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
  const evidence = { prefix, dataFile, newFile, queries, sbttest, steps: run.steps };
  return { evidence, trace: media.trace, trouble };
}

async function runSbttest(
  options: Options,
  channel: { readonly socketPath: string; readonly tokenFile: string; readonly name: string },
): Promise<Evidence['sbttest']> {
  const program = join(options.oracleHome, 'bin', 'sbttest');
  if (!existsSync(program)) return null;
  say('sbttest');
  return runProgram(options, program, [channel.name, '-libname', options.library], {
    ADY_SOCK: channel.socketPath,
    ADY_TOKEN_FILE: channel.tokenFile,
    ADY_RUN: 'certify',
    ADY_CHANNEL: 'sbttest',
  });
}

function describeHost(queries: Readonly<Record<string, QueryAnswer>>): Record<string, string> {
  const instance = queries['instance']?.rows[0] ?? {};
  const database = queries['database']?.rows[0] ?? {};
  return {
    release: instance['VERSION_FULL'] ?? 'unknown',
    platform: database['PLATFORM_NAME'] ?? 'unknown',
    'log mode': database['LOG_MODE'] ?? 'unknown',
    role: database['DATABASE_ROLE'] ?? 'unknown',
  };
}

function say(text: string): void {
  process.stdout.write(`certify: ${text}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`certify: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.usage;
});
