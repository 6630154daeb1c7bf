// RMAN with OS authentication. Every script and every log stays in the report's directory.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OracleHost } from './oracle-host';
import { runProgram, type ProgramRun } from './run-program';

/** @param name of script and log, unique in one certification */
export async function runRman(
  host: OracleHost & { readonly logs: string },
  name: string,
  script: string,
): Promise<ProgramRun> {
  const scriptFile = join(host.logs, `${name}.rman`);
  writeFileSync(scriptFile, script);
  const program = join(host.oracleHome, 'bin', 'rman');
  const run = await runProgram(host, program, ['target', '/', 'nocatalog', `cmdfile=${scriptFile}`]);
  writeFileSync(join(host.logs, `${name}.log`), run.output);
  return run;
}
