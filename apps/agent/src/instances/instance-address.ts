// The way to one instance of a cluster, from the descriptor that discovery found. Only `host:port/service` names a single listener; what
// somebody registered as a longer descriptor may lead anywhere.
import { descriptor, type InstanceAddress } from '@adyton/rman';

const EASY_CONNECT = /^([A-Za-z0-9_.-]+):(\d{1,5})\/([A-Za-z0-9_.$#-]+)$/;

/** @returns null for a descriptor of another form */
export function instanceAddress(connectDescriptor: string, sid: string): InstanceAddress | null {
  const [, host, port, service] = EASY_CONNECT.exec(connectDescriptor) ?? [];
  if (host === undefined || service === undefined) return null;
  return { host, port: Number(port), service, instance: sid };
}

/** A descriptor that leads to this instance and to no other. @throws RmanScriptError */
export function descriptorOf(connectDescriptor: string, sid: string): string {
  const address = instanceAddress(connectDescriptor, sid);
  return address === null ? connectDescriptor : descriptor(address);
}
