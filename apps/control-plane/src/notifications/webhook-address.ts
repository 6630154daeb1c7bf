// Where a webhook may lead. Whoever may add one makes the control-plane send requests: it must not reach what only this machine or its cloud
// answers, such as other services on loopback and the metadata address that hands out credentials. Private networks are where most receivers
// are, so they are allowed.
import { type Network } from '@adyton/runtime';
import { BlockList, isIP } from 'node:net';

const REFUSED: readonly Network[] = [
  { address: '0.0.0.0', prefix: 8, family: 'ipv4' }, // this host
  { address: '127.0.0.0', prefix: 8, family: 'ipv4' },
  { address: '169.254.0.0', prefix: 16, family: 'ipv4' }, // link-local, with the metadata address of most clouds
  { address: '100.100.100.200', prefix: 32, family: 'ipv4' }, // metadata of one more
  { address: '224.0.0.0', prefix: 3, family: 'ipv4' }, // multicast, reserved, broadcast
  { address: '::', prefix: 127, family: 'ipv6' }, // unspecified and loopback
  { address: 'fe80::', prefix: 10, family: 'ipv6' },
  { address: 'fd00:ec2::', prefix: 32, family: 'ipv6' }, // metadata
  { address: 'ff00::', prefix: 8, family: 'ipv6' },
  // the same IPv4 addresses behind a translator
  { address: '64:ff9b::', prefix: 104, family: 'ipv6' },
  { address: '64:ff9b::7f00:0', prefix: 104, family: 'ipv6' },
  { address: '64:ff9b::a9fe:0', prefix: 112, family: 'ipv6' },
];

/** @returns whether a numeric address may be connected to; what is no address may not. */
export type AddressGuard = (address: string) => boolean;

export function addressGuard(allowed: readonly Network[]): AddressGuard {
  const [refusedList, allowedList] = [listOf(REFUSED), listOf(allowed)];
  return (address) => {
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    return !refusedList.check(address, family) || allowedList.check(address, family);
  };
}

function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
