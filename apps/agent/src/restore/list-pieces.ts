// What the control file of an instance lists on tape. Asked through sqlplus with OS authentication, because an instance that is only being restored
// may have neither a service at the listener nor a password file.
import { QUERIES } from '@adyton/oracle';
import { join } from 'node:path';
import { runTool } from '../discovery/run-tool';
import { oracleEnvironment } from '../rman/run-rman';
import { RunFailure } from '../runs/run-failure';

/** One look at the control file, ms. */
const TIMEOUT_MS = 60_000;
/** A hundred thousand handles, far more than a control file keeps. */
const OUTPUT_CHARS_MAX = 16 * 1024 * 1024;
const INPUT = ['SET MARKUP CSV ON QUOTE ON', 'SET FEEDBACK OFF', `${QUERIES.listedPieces};`, 'EXIT', ''].join(
  '\n',
);
const ROW = /^"(.+)","[AXU]"$/gm;
const ERROR = /^(?:ORA-\d{5}|SP2-\w+).*$/m;

/** @throws RunFailure ADY_DATABASE_UNREACHABLE */
export async function listPieces(instance: {
  readonly oracleHome: string;
  readonly oracleSid: string;
}): Promise<string[]> {
  const answer = await runTool({
    program: join(instance.oracleHome, 'bin', 'sqlplus'),
    args: ['-S', '-L', '/ as sysdba'],
    env: oracleEnvironment(instance),
    timeoutMs: TIMEOUT_MS,
    input: INPUT,
    outputCharsMax: OUTPUT_CHARS_MAX,
  });
  const output = answer.kind === 'ok' ? answer.output : '';
  const error = answer.kind === 'failed' ? answer.detail : ERROR.exec(output)?.[0];
  if (answer.kind === 'ok' && error === undefined)
    return [...output.matchAll(ROW)].map(([, handle = '']) => handle);
  throw new RunFailure(
    'ADY_DATABASE_UNREACHABLE',
    `sqlplus did not say which pieces the restored control file lists: ${error ?? answer.kind}`,
  );
}
