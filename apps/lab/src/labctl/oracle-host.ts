/** Lays out a simulated Oracle host: home, shims for rman, sbttest, lsnrctl and labctl, oratab, instance file. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { hostPaths, type InstanceFile, instancesOf } from '../instance/oracle-home';
import { placeInstance } from '../instance/place-instance';

/** apps/lab/src of the build this file runs from. */
const LAB = resolve(__dirname, '..');
const SHIMS: Record<string, string> = {
  rman: join(LAB, 'rman', 'main.js'),
  sqlplus: join(LAB, 'sqlplus', 'main.js'),
  sbttest: join(LAB, 'sbt', 'sbttest-main.js'),
  lsnrctl: join(LAB, 'listener', 'lsnrctl-main.js'),
  labctl: join(LAB, 'labctl', 'main.js'),
};
const EXECUTABLE = 0o755;

/** Makes the directories and the shims; what is there already stays. */
export function prepareHost(base: string): void {
  for (const directory of [
    hostPaths.bin(base),
    hostPaths.dbs(base),
    hostPaths.truth(base),
    join(base, 'etc'),
    join(base, 'oradata'),
    join(base, 'fra'),
  ]) {
    mkdirSync(directory, { recursive: true });
  }
  for (const [name, script] of Object.entries(SHIMS)) writeShim(join(hostPaths.bin(base), name), script, []);
}

/** Commands that are one script called with their name and fixed arguments in front of the user's. */
export function writeShims(
  directory: string,
  script: string,
  commands: Readonly<Record<string, string>>,
  fixed: readonly string[],
): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, first] of Object.entries(commands))
    writeShim(join(directory, name), join(LAB, script), [first, ...fixed]);
}

function writeShim(path: string, script: string, fixed: readonly string[]): void {
  // ORACLE_HOME is where the shim lies unless the caller says otherwise, as with a copied home.
  const body = [
    '#!/bin/sh',
    ': "${ORACLE_HOME:=$(cd "$(dirname "$0")/.." && pwd)}"; export ORACLE_HOME',
    ...compileCache(),
    `exec ${[process.execPath, script, ...fixed].map(quote).join(' ')} "$@"`,
  ];
  writeFileSync(path, body.join('\n') + '\n');
  chmodSync(path, EXECUTABLE);
}

/** Whoever starts a shim clears its environment; where the host was made with a cache of compiled code, its programs use that. */
function compileCache(): string[] {
  const directory = process.env['NODE_COMPILE_CACHE'];
  return directory === undefined ? [] : [`NODE_COMPILE_CACHE=${quote(directory)}; export NODE_COMPILE_CACHE`];
}

/** Writes network/admin/tnsnames.ora: each instance by its SID, and with several the service of them all by its name. */
export function writeNetNames(oracleHome: string, files: readonly InstanceFile[]): void {
  const directory = hostPaths.networkAdmin(oracleHome);
  mkdirSync(directory, { recursive: true });
  const entries = files.map(
    (file) =>
      `${file.sid} =\n  (DESCRIPTION =\n    ${addressOf(file)}\n` +
      `    (CONNECT_DATA = (SERVER = DEDICATED) (SERVICE_NAME = ${file.service}) (INSTANCE_NAME = ${file.sid})))\n`,
  );
  const [first] = files;
  const isCluster = files.length > 1 && files.every(({ service }) => service === first?.service);
  if (first !== undefined && isCluster) {
    const addresses = files.map(addressOf).join(' ');
    entries.push(
      `${first.service} =\n  (DESCRIPTION =\n    (ADDRESS_LIST = ${addresses})\n` +
        `    (CONNECT_DATA = (SERVICE_NAME = ${first.service})))\n`,
    );
  }
  writeFileSync(join(directory, 'tnsnames.ora'), entries.join('\n'));
}

function addressOf({ host = '127.0.0.1', listenerPort }: InstanceFile): string {
  return `(ADDRESS = (PROTOCOL = TCP) (HOST = ${host}) (PORT = ${listenerPort}))`;
}

/** Writes dbs/lab_<SID>.json and the oratab line. */
export async function registerInstance(
  base: string,
  options: { sid: string; dbUniqueName: string; service: string; port: number | undefined },
): Promise<InstanceFile> {
  const { sid, dbUniqueName, service } = options;
  const listenerPort = options.port ?? (await freePort());
  const file = placeInstance(base, { sid, dbUniqueName, service, listenerPort });
  writeNetNames(hostPaths.oracleHome(base), instancesOf(hostPaths.oracleHome(base)));
  noteInOratab(base, sid);
  return file;
}

/** SPFILE of an instance, as text (the real one is binary). */
export function writeServerParameters(
  base: string,
  file: InstanceFile,
  more: Readonly<Record<string, string>>,
): string {
  return writeParameterFile(join(hostPaths.dbs(base), `spfile${file.sid}.ora`), base, file, more);
}

/** The same at a path of its own: the instances of a cluster share one. */
export function writeParameterFile(
  path: string,
  base: string,
  file: InstanceFile,
  more: Readonly<Record<string, string>>,
): string {
  const parameters = {
    db_unique_name: file.dbUniqueName,
    control_files: file.controlFiles.join(','),
    compatible: '19.0.0',
    db_block_size: '8192',
    db_recovery_file_dest: join(base, 'fra'),
    service_names: file.service,
    ...more,
  };
  const lines = Object.entries(parameters).map(([name, value]) => `*.${name}='${value}'`);
  writeFileSync(path, lines.join('\n') + '\n');
  return path;
}

function noteInOratab(base: string, sid: string): void {
  const path = hostPaths.oratab(base);
  const line = `${sid}:${hostPaths.oracleHome(base)}:N`;
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const others = lines.filter((known) => known !== '' && !known.startsWith(`${sid}:`));
  writeFileSync(path, [...others, line].join('\n') + '\n');
}

/** Below Linux's own range for outgoing connections and for port 0, so that a port that was found free mostly is so when it is used. */
const PORTS = { first: 20_000, end: 32_768 };
const PORT_TRIES_MAX = 100;

/** A port nobody uses at this moment. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES_MAX; tries += 1) {
    const port = randomInt(PORTS.first, PORTS.end);
    if (await isFree(port, address)) return port;
  }
  throw new Error(`no free TCP port in ${PORT_TRIES_MAX} tries`);
}

function isFree(port: number, address: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolveFree) => {
    server.once('error', () => resolveFree(false));
    server.listen(port, address, () => server.close(() => resolveFree(true)));
  });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
