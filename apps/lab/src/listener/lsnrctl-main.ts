/**
 * `lsnrctl status`: the endpoint of the host's listener and the services it offers, in the documented layout. Each instance of the lab has a
 * listener of its own; this one answers for the first instance of the home that belongs to this host.
 */
import { connect } from 'node:net';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readClusterFile } from '../cluster/cluster-file';
import { type InstanceFile, readInstanceFile } from '../instance/oracle-home';

/** Loopback answers at once, ms. */
const CONNECT_TIMEOUT_MS = 2_000;

async function main([command]: string[]): Promise<number> {
  const home = process.env['ORACLE_HOME'] ?? '';
  if (command !== 'status') return print([`NL-00853: undefined command "${command ?? ''}".  Try "help"`], 1);
  const file = ownInstance(home);
  if (file === undefined || !(await isListening(file)))
    return print(
      ['TNS-12541: TNS:no listener', ' TNS-12560: TNS:protocol adapter error', '  TNS-00511: No listener'],
      1,
    );
  const { sid, service } = file;
  const endpoint = `(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=${hostOf(file)})(PORT=${file.listenerPort})))`;
  return print(
    [
      'LSNRCTL for Linux: Version 19.0.0.0.0 - Production',
      '',
      `Connecting to ${endpoint}`,
      'STATUS of the LISTENER',
      '------------------------',
      'Alias                     LISTENER',
      'Listening Endpoints Summary...',
      `  ${endpoint}`,
      'Services Summary...',
      `Service "${service}" has 1 instance(s).`,
      `  Instance "${sid}", status READY, has 1 handler(s) for this service...`,
      'The command completed successfully',
    ],
    0,
  );
}

/** A home of a cluster knows all instances; this host's is the one whose home it is. */
function ownInstance(home: string): InstanceFile | undefined {
  const sids = readdirSync(join(home, 'dbs')).flatMap((name) => /^lab_(.+)\.json$/.exec(name)?.[1] ?? []);
  const files = sids.sort().flatMap((sid) => readInstanceFile(home, sid) ?? []);
  const members = readClusterFile(files[0]?.base ?? '')?.members ?? [];
  const own = members.find((member) => member.oracleHome === home);
  return own === undefined ? files[0] : files.find((file) => file.sid === own.sid);
}

function hostOf({ host }: InstanceFile): string {
  return host ?? '127.0.0.1';
}

function isListening(file: InstanceFile): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostOf(file), port: file.listenerPort });
    const answer = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => {
      answer(false);
    });
    socket.once('connect', () => {
      answer(true);
    });
    socket.once('error', () => {
      answer(false);
    });
  });
}

function print(lines: string[], exitCode: number): number {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return exitCode;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
