/**
 * The sqlplus of the simulated host, as scripts use it: `sqlplus -S "/ as sysdba" [@file]`, statements of the file or of standard input that end
 * with `;`, answers as `SET MARKUP CSV ON` prints them. Other layouts, variables and PL/SQL blocks are not simulated.
 */
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connectInstance, type InstanceClient } from '../instance/ipc-client';
import { readInstanceFile } from '../instance/oracle-home';
import { OraError } from '../instance/ora-error';

const LOGINS = /^\/\s+as\s+(sysdba|sysbackup)$/i;
/** Settings that change nothing a script could see here. */
const IGNORED = /^(set|column|alter\s+session|prompt|spool|define|host)\b/i;
const FAILURE = 1;

function print(text: string): void {
  process.stdout.write(text);
}

function printError(error: OraError): void {
  print(`ERROR at line 1:\n${error.message}\n\n`);
}

class Session {
  private csv = false;
  private exitOnError = false;

  constructor(private readonly client: InstanceClient) {}

  /** @returns the exit code when the session ends here. */
  async run(statement: string): Promise<number | null> {
    if (/^(exit|quit)\b/i.test(statement)) return 0;
    if (/^whenever\s+sqlerror\s+exit\b/i.test(statement)) this.exitOnError = true;
    else if (/^set\s+markup\s+csv\s+on\b/i.test(statement)) this.csv = true;
    else if (!IGNORED.test(statement)) return this.query(statement);
    return null;
  }

  private async query(sql: string): Promise<number | null> {
    if (!this.csv) {
      print('SP2-LAB: the lab prints only with SET MARKUP CSV ON\n');
      return FAILURE;
    }
    try {
      const { columns, rows } = await this.client.query({ sql });
      if (columns.length === 0) return null;
      print(`\n${columns.map(({ name }) => quoted(name)).join(',')}\n`);
      for (const row of rows)
        print(`${row.map((text, i) => cell(text, columns[i]?.isNumber === true)).join(',')}\n`);
      return null;
    } catch (error) {
      if (!(error instanceof OraError)) throw error;
      printError(error);
      return this.exitOnError ? FAILURE : null;
    }
  }
}

function cell(text: string | null, isNumber: boolean): string {
  if (text === null) return '';
  return isNumber ? text : quoted(text);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

async function* statements(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  let gathered = '';
  for await (const line of createInterface({ input })) {
    gathered += `${line}\n`;
    const command = gathered.trim();
    // commands of sqlplus itself end with their line
    const isCommand = /^(set|whenever|exit|quit|prompt|column|spool|define|host)\b/i.test(command);
    if (!isCommand && !command.endsWith(';')) continue;
    gathered = '';
    if (command !== '') yield command.replace(/;$/, '');
  }
}

/** A script that cannot be read is reported, and the session goes on at standard input. */
function inputOf(script: string | undefined): NodeJS.ReadableStream {
  if (script?.startsWith('@') !== true) return process.stdin;
  const file = script.slice(1);
  if (existsSync(file)) return createReadStream(file);
  print(`SP2-0310: unable to open file "${file}"\n`);
  return process.stdin;
}

async function main(argv: readonly string[]): Promise<number> {
  const [login, script] = argv.filter((argument) => !argument.startsWith('-'));
  const { ORACLE_HOME: oracleHome = '', ORACLE_SID: sid = '' } = process.env;
  if (login === undefined || !LOGINS.test(login.trim())) {
    print('ERROR:\nORA-01017: invalid username/password; logon denied\n');
    return FAILURE;
  }
  const file = readInstanceFile(oracleHome, sid);
  const client = file === undefined ? undefined : await connectInstance({ socketPath: file.ipcSocket });
  if (client === undefined) {
    print('ERROR:\nORA-01034: ORACLE not available\n');
    return FAILURE;
  }
  try {
    const session = new Session(client);
    for await (const statement of statements(inputOf(script))) {
      const code = await session.run(statement);
      if (code !== null) return code;
    }
    return 0;
  } finally {
    client.close();
  }
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`sqlplus: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = FAILURE;
  },
);
