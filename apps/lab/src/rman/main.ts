/**
 * The rman of the simulated host: `rman target / [auxiliary login] [nocatalog] (cmdfile=file | @file) [log=file]`, statements from stdin
 * without a cmdfile. Needs ORACLE_HOME and ORACLE_SID. Exit code 0: no statement failed; 1: one did. A cmdfile ends at its
 * first error, stdin goes on. SIGINT cancels the command under way.
 */
import { readFileSync } from 'node:fs';
import { claimFault, faultLines, faultsAt } from '../faults/rman-faults';
import { connectAuxiliary } from './auxiliary';
import { parseStatement } from './parse-statement';
import { Printer } from './printer';
import { dateFormatOf } from './rman-date';
import { errorLines, RmanError } from './rman-error';
import { RmanJobs } from './rman-jobs';
import { greetTarget } from './connect-target';
import { runStatement } from './run-statement';
import { Session } from './session';
import { TargetDatabase } from './target-database';
import { placeBehind, splitStatement } from './split-statement';
import { type Place, SCRIPT_CHARACTERS_MAX, START } from './tokens';

/** Command files that call each other end here. */
const SCRIPT_DEPTH_MAX = 16;

interface Arguments {
  /** Whether rman is to connect before it reads statements. */
  target: boolean;
  /** `user/password@name` of the auxiliary instance. */
  auxiliary: string | null;
  commandFile: string | null;
  logFile: string | null;
}

/** Throws RmanError with RMAN-00552 for an argument it does not know. */
function readArguments(argv: string[]): Arguments {
  const found: Arguments = { target: false, auxiliary: null, commandFile: null, logFile: null };
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    const [name = '', value = ''] = argument.split(/=(.*)/s);
    if (argument.startsWith('@')) found.commandFile = argument.slice(1);
    else if (name === 'cmdfile') found.commandFile = value || (argv[++i] ?? '');
    else if (name === 'log') found.logFile = value || (argv[++i] ?? '');
    else if (name === 'auxiliary') found.auxiliary = argv[++i] ?? '';
    else if (name === 'target') {
      found.target = true;
      i += value === '' ? 1 : 0;
    } else if (name !== 'nocatalog') {
      throw new RmanError([
        'RMAN-00552: syntax error in command line arguments',
        `RMAN-01009: syntax error: found "${argument}": expecting one of: "auxiliary", "cmdfile", "log", "nocatalog", "target"`,
      ]);
    }
  }
  return found;
}

async function main(): Promise<number> {
  const { target: hasTarget, auxiliary, commandFile, logFile } = readArguments(process.argv.slice(2));
  const printer = new Printer(logFile);
  printer.print(...banner(new Date()));
  const { ORACLE_HOME: oracleHome, ORACLE_SID: sid } = process.env;
  if (!oracleHome || !sid) {
    const hint = ' (ORACLE_HOME or ORACLE_SID is not set)';
    printer.errorStack(faultLines('target-no-service-name').map((line, i) => (i === 2 ? line + hint : line)));
    return 1;
  }
  const target = await TargetDatabase.connect({ oracleHome, sid });
  const fault = faultsAt('target-connect').find((name) => claimFault(target.base, name));
  if (fault !== undefined) {
    target.disconnect();
    printer.errorStack(faultLines(fault));
    return 1;
  }
  const jobs: RmanJobs = new RmanJobs(target, printer, () => session.registered?.sid ?? 0);
  const session: Session = new Session(target, printer, jobs, dateFormatOf(process.env));
  process.on('SIGINT', () => {
    if (claimFault(target.base, 'interrupt-ignored') === undefined) session.interrupt();
  });
  target.client?.killed.addEventListener('abort', () => {
    session.lose();
  });
  try {
    if (hasTarget && !(await connectTarget(session))) return 1;
    if (auxiliary !== null) await connectAuxiliary(session, auxiliary);
    const failed = await runScript(session, commandFile);
    return failed ? 1 : 0;
  } finally {
    await session.endRun();
    await session.releaseMaintenance();
    await session.disconnectAuxiliary();
    await session.releaseAutomatic();
    await jobs.endSession();
    target.disconnect();
    printer.print('', 'Recovery Manager complete.');
  }
}

/** As RMAN's, with the words that keep it from being taken for it. The date is ctime(3)'s. */
function banner(at: Date): string[] {
  const [weekday = '', day, month, year, time] = at.toUTCString().replace(',', '').split(' ');
  const date = `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
  return [
    '',
    `Recovery Manager: Release 19.0.0.0.0 - Production (simulated) on ${date}`,
    'Version 19.21.0.0.0',
    '',
  ];
}

/** False when the instance dies while rman logs in. */
async function connectTarget(session: Session): Promise<boolean> {
  try {
    await greetTarget(session);
    return true;
  } catch (error) {
    if (!(await session.target.isLost())) throw error;
    session.printer.errorStack(faultLines('target-lost-in-connect'));
    return false;
  }
}

/** Answers whether a statement failed. */
async function runScript(session: Session, commandFile: string | null): Promise<boolean> {
  let source = commandFile === null ? '' : `${readScript(commandFile)}\n`;
  let place = { ...START, ...(commandFile === null ? {} : { file: commandFile }) };
  let failed = false;
  const input = commandFile === null ? process.stdin.setEncoding('utf8')[Symbol.asyncIterator]() : undefined;
  for (;;) {
    const split = splitStatement(source);
    if (!split.done) {
      const more = await input?.next();
      if (more === undefined || more.done === true) break;
      source += String(more.value);
      if (source.length > SCRIPT_CHARACTERS_MAX) throw new RmanError(['RMAN-01003: script too long']);
      continue;
    }
    source = split.rest;
    if (session.echo) echo(session, split.text);
    const script = /^\s*@@?(\S+?);?\s*$/.exec(split.text)?.[1];
    const outcome =
      script === undefined ? await runText(session, split.text, place) : await runNested(session, script);
    place = placeBehind(place, split.text);
    if (outcome === 'exit') return failed;
    if (outcome === 'failed') failed = true;
    if (failed && (commandFile !== null || session.isFatal)) return true;
  }
  // What is left is no whole statement.
  if (source.trim() === '') return failed;
  await runText(session, source, place);
  return true;
}

/** `@file`: its statements, as if they stood here. */
async function runNested(session: Session, path: string): Promise<'done' | 'failed'> {
  if (session.scriptDepth >= SCRIPT_DEPTH_MAX) throw new RmanError(['RMAN-01004: scripts nested too deep']);
  session.scriptDepth++;
  try {
    return (await runScript(session, path)) ? 'failed' : 'done';
  } catch (error) {
    session.printer.errorStack(errorLines(error));
    return 'failed';
  } finally {
    session.scriptDepth--;
  }
}

function readScript(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new RmanError([
      'RMAN-00558: error encountered while parsing input commands',
      `RMAN-02003: cannot open command file "${path}"`,
    ]);
  }
}

async function runText(session: Session, text: string, place: Place): Promise<'done' | 'exit' | 'failed'> {
  try {
    return (await runStatement(session, parseStatement(text, place))) ? 'done' : 'exit';
  } catch (error) {
    session.printer.errorStack(errorLines(error));
    return 'failed';
  }
}

/** `RMAN> first line`, then `2> ...`. */
function echo(session: Session, text: string): void {
  const lines = text.trim().split('\n');
  session.print('', ...lines.map((line, i) => (i === 0 ? `RMAN> ${line}` : `${i + 1}> ${line}`)));
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    new Printer(null).errorStack(errorLines(error));
    process.exitCode = 1;
  },
);
