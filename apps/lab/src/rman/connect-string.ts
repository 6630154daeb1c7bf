/**
 * Where `CONNECT 'user/password@host:port/service as sysdba'` of a channel leads: to an instance of this Oracle home whose
 * listener has that port and service. The channel then speaks to the instance's local socket; nothing goes over the network.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FaultName, faultLines } from '../faults';
import { type InstanceFile, passwordFilePath, readInstanceFile } from '../instance/oracle-home';
import { checkPassword, readPasswordFile } from '../listener/password-file';
import { RmanError } from './rman-error';

interface Address {
  port: number | undefined;
  service: string | undefined;
}

/** Throws RmanError with RMAN-12001 and ORA-12541, ORA-12514 or ORA-01017 under it. */
export async function resolveConnect(
  oracleHome: string,
  connect: string,
  { channel }: { channel: string },
): Promise<string> {
  const [login = '', ...rest] = connect.split('@');
  const { port, service } = readAddress(rest.join('@'));
  const refuse = (fault: FaultName) => new RmanError(faultLines(fault, { channel }));
  const instances = instancesOf(oracleHome);
  const listening = port === undefined ? instances : instances.filter((file) => file.listenerPort === port);
  if (listening.length === 0) throw refuse('channel-no-listener');
  const found = listening.find((file) => service === undefined || isService(file, service));
  if (found === undefined) throw refuse('channel-no-service');
  if (!(await mayConnect(oracleHome, found, login))) throw refuse('channel-bad-password');
  return found.ipcSocket;
}

function readAddress(text: string): Address {
  const descriptor = /\(PORT\s*=\s*(\d+)\)/i.exec(text);
  const service = /\((?:SERVICE_NAME|SID|INSTANCE_NAME)\s*=\s*([^)\s]+)\)/i.exec(text)?.[1];
  if (descriptor !== null) return { port: Number(descriptor[1]), service };
  const easy = /^(?:\/\/)?[^:/\s]+(?::(\d+))?\/([^:/\s]+)/.exec(text);
  // A bare name is an alias of tnsnames.ora or of a wallet: all of them mean this home's instance.
  if (easy === null) return { port: undefined, service: undefined };
  return { port: easy[1] === undefined ? undefined : Number(easy[1]), service: easy[2] };
}

function instancesOf(oracleHome: string): InstanceFile[] {
  return readdirSync(join(oracleHome, 'dbs')).flatMap((name) => {
    const sid = /^lab_(.+)\.json$/.exec(name)?.[1];
    const file = sid === undefined ? undefined : readInstanceFile(oracleHome, sid);
    return file === undefined ? [] : [file];
  });
}

function isService({ sid, service, dbUniqueName }: InstanceFile, wanted: string): boolean {
  return [sid, service, dbUniqueName].some((name) => name.toLowerCase() === wanted.toLowerCase());
}

/** A login without a password is the operating system's or a wallet's affair. */
async function mayConnect(oracleHome: string, { sid }: InstanceFile, login: string): Promise<boolean> {
  const match = /^"?([^/\s]+)\/([^\s]+?)"?$/.exec(login.trim());
  if (match === null) return true;
  const path = passwordFilePath(oracleHome, sid);
  const users = existsSync(path) ? (await readPasswordFile(path)).users : [];
  const user = users.find(({ name }) => name === match[1]?.toUpperCase());
  return user !== undefined && (await checkPassword(user, match[2] ?? ''));
}
