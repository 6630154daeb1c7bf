/**
 * Where `CONNECT 'user/password@place as sysdba'` of a channel leads: to an instance this Oracle home knows, on its own host or on another
 * of the cluster. A place is `host:port/service`, a descriptor, or a name of tnsnames.ora. Listener and password are asked as the network
 * would; the channel then speaks to the instance's local socket.
 */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type FaultName } from '../faults/rman-fault-catalog';
import { faultLines } from '../faults/rman-faults';
import { connectInstance } from '../instance/ipc-client';
import { hostPaths, type InstanceFile, instancesOf, passwordFilePath } from '../instance/oracle-home';
import { checkPassword, readPasswordFile } from '../listener/password-file';
import { ChannelError } from './channel';
import { descriptorOf } from './tns-names';

interface Place {
  /** Tried in this order; empty: wherever the home knows an instance. */
  addresses: { host: string | undefined; port: number | undefined }[];
  /** SERVICE_NAME or SID. */
  service: string | undefined;
  /** INSTANCE_NAME: which of the instances of a service. */
  instance: string | undefined;
}

const LOOPBACK = '127.0.0.1';
/** A listener accepts at once. */
const LISTENER_TIMEOUT_MS = 5_000;

/** Answers where the instance is. Throws ChannelError with RMAN-12001 and ORA-12154, ORA-12541, ORA-12514 or ORA-01017 under it. */
export async function resolveConnect(
  oracleHome: string,
  text: string,
  { channel }: { channel: string },
): Promise<InstanceFile> {
  const [login = '', ...rest] = text.split('@');
  const refuse = (fault: FaultName) => new ChannelError(channel, faultLines(fault, { channel }));
  const place = readPlace(oracleHome, rest.join('@').replace(/\s+as\s+\w+"?\s*$/i, ''));
  if (place === undefined) throw refuse('channel-no-alias');
  let refusal: FaultName = 'channel-no-listener';
  for (const file of instancesOf(oracleHome).filter((one) => isAt(one, place))) {
    if (!(await isListening(file))) continue;
    refusal = 'channel-no-service';
    if (!serves(file, place) || !(await isStarted(file))) continue;
    if (!(await mayConnect(oracleHome, file, login))) throw refuse('channel-bad-password');
    return file;
  }
  throw refuse(refusal);
}

/** An auto-login wallet beside the net service names, with a login for each of them. */
export function hasWallet(oracleHome: string): boolean {
  return existsSync(join(process.env['TNS_ADMIN'] ?? hostPaths.networkAdmin(oracleHome), 'cwallet.sso'));
}

/** Undefined: a name nobody knows. */
function readPlace(oracleHome: string, text: string): Place | undefined {
  const descriptor = text.startsWith('(') ? text : descriptorOf(oracleHome, text);
  if (descriptor !== undefined) return readDescriptor(descriptor);
  const easy = /^(?:\/\/)?([^:/\s]+)(?::(\d+))?\/([^:/\s]*)(?::\w+)?(?:\/(\S+))?$/.exec(text);
  if (easy !== null) {
    const [, host, port, service, instance] = easy;
    return { addresses: [{ host, port: numberIn(port) }], service: service || undefined, instance };
  }
  // A home without tnsnames.ora knows its instances by name; no name at all is any of them.
  const isKnown = instancesOf(oracleHome).some(({ sid }) => sid.toLowerCase() === text.toLowerCase());
  if (!isKnown && text !== '') return undefined;
  return { addresses: [], service: undefined, instance: text || undefined };
}

function readDescriptor(text: string): Place {
  const valueOf = (name: string, within = text) =>
    new RegExp(`\\(${name}\\s*=\\s*([^()\\s]+)\\s*\\)`, 'i').exec(within)?.[1];
  const addresses = text.match(/\(ADDRESS\s*=\s*(?:\([^()]*\)\s*)+\)/gi) ?? [text];
  return {
    addresses: addresses.map((one) => ({ host: valueOf('HOST', one), port: numberIn(valueOf('PORT', one)) })),
    service: valueOf('SERVICE_NAME') ?? valueOf('SID'),
    instance: valueOf('INSTANCE_NAME'),
  };
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function isAt({ host = LOOPBACK, listenerPort }: InstanceFile, { addresses }: Place): boolean {
  const isOne = (wanted: { host: string | undefined; port: number | undefined }) =>
    (wanted.host === undefined || wanted.host.replace(/^localhost$/i, LOOPBACK) === host) &&
    (wanted.port === undefined || wanted.port === listenerPort);
  return addresses.length === 0 || addresses.some(isOne);
}

function serves({ sid, service, dbUniqueName }: InstanceFile, wanted: Place): boolean {
  const isNamed = (name: string | undefined, names: string[]) =>
    name === undefined || names.some((known) => known.toLowerCase() === name.toLowerCase());
  return isNamed(wanted.instance, [sid]) && isNamed(wanted.service, [sid, service, dbUniqueName]);
}

function isListening({ host = LOOPBACK, listenerPort }: InstanceFile): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ host, port: listenerPort, timeout: LISTENER_TIMEOUT_MS });
    const answer = (listening: boolean) => {
      probe.destroy();
      resolve(listening);
    };
    probe.once('connect', () => {
      answer(true);
    });
    for (const event of ['timeout', 'error']) probe.once(event, () => answer(false));
  });
}

/** A listener knows the service of an instance that runs. */
async function isStarted({ ipcSocket }: InstanceFile): Promise<boolean> {
  const client = await connectInstance({ socketPath: ipcSocket });
  client?.close();
  return client !== undefined;
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
