// What an instance says that is only being restored. Asked through sqlplus with OS authentication, because it may have neither a service at the
// listener nor a password file.
import { QUERIES } from '@adyton/oracle';
import { join } from 'node:path';
import { runTool } from '../discovery/run-tool';
import { oracleEnvironment } from '../rman/run-rman';
import { RunFailure } from '../runs/run-failure';

export interface LocalInstance {
  readonly oracleHome: string;
  readonly oracleSid: string;
}

interface Question {
  readonly about: string;
  readonly query: string;
  /** A line of the answer, with what is wanted of it. */
  readonly row: RegExp;
}

/** One look, ms. */
const TIMEOUT_MS = 60_000;
/** A hundred thousand handles, far more than a control file keeps. */
const OUTPUT_CHARS_MAX = 16 * 1024 * 1024;
const ERROR = /^(?:ORA-\d{5}|SP2-\w+).*$/m;

/** From NOMOUNT on: the values of CONTROL_FILES. @throws RunFailure ADY_DATABASE_UNREACHABLE */
export function askControlFiles(instance: LocalInstance): Promise<string[]> {
  return ask(instance, {
    about: 'where its control files belong',
    query: QUERIES.controlFiles,
    row: /^"control_files","(.+)"$/gm,
  });
}

/** Mounted: the handles that its control file lists on tape. @throws RunFailure ADY_DATABASE_UNREACHABLE */
export function askListedPieces(instance: LocalInstance): Promise<string[]> {
  return ask(instance, {
    about: 'which pieces its control file lists',
    query: QUERIES.listedPieces,
    row: /^"(.+)","[AXU]"$/gm,
  });
}

async function ask(instance: LocalInstance, { about, query, row }: Question): Promise<string[]> {
  const answer = await runTool({
    program: join(instance.oracleHome, 'bin', 'sqlplus'),
    args: ['-S', '-L', '/ as sysdba'],
    env: oracleEnvironment(instance),
    timeoutMs: TIMEOUT_MS,
    input: ['SET MARKUP CSV ON QUOTE ON', 'SET FEEDBACK OFF', `${query};`, 'EXIT', ''].join('\n'),
    outputCharsMax: OUTPUT_CHARS_MAX,
  });
  const output = answer.kind === 'ok' ? answer.output : '';
  const error = answer.kind === 'failed' ? answer.detail : ERROR.exec(output)?.[0];
  if (answer.kind === 'ok' && error === undefined)
    return [...output.matchAll(row)].map(([, text = '']) => text);
  throw new RunFailure(
    'ADY_DATABASE_UNREACHABLE',
    `sqlplus did not say of instance ${instance.oracleSid} ${about}: ${error ?? answer.kind}`,
  );
}
