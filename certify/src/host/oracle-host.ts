// The host that is looked at: its home, its instance, and the environment of the programs that are run there.
import { join } from 'node:path';

export interface OracleHost {
  readonly oracleHome: string;
  readonly oracleSid: string;
}

export function hostEnvironment({ oracleHome, oracleSid }: OracleHost): Record<string, string> {
  return {
    ORACLE_HOME: oracleHome,
    ORACLE_SID: oracleSid,
    PATH: `${join(oracleHome, 'bin')}:/usr/bin:/bin`,
    LD_LIBRARY_PATH: join(oracleHome, 'lib'),
    NLS_LANG: 'AMERICAN_AMERICA.AL32UTF8',
    NLS_DATE_FORMAT: 'YYYY-MM-DD HH24:MI:SS',
  };
}
