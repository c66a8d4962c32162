import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type IpAddress, parseIpAddress, sameAddress } from '../address/ip-address.ts'

/**
 * An address of this machine for sockets that are bound to every address: the first one that is not loopback or link-local,
 * else loopback. Behind NAT a peer may see another address: the advertised addresses are for that.
 */
export function machineAddress(family: 4 | 6): IpAddress | undefined {
  const all = interfaceAddresses()
  const usable = all.filter(({ address }) => parseIpAddress(address)?.family === family && !address.startsWith('fe80'))
  const chosen = usable.find(({ internal }) => !internal) ?? usable[0]
  return chosen && parseIpAddress(chosen.address)
}

/** Every current address of this machine, loopback included: a socket bound to every address takes packets for all of them. */
export function machineAddresses(): readonly IpAddress[] {
  return interfaceAddresses().flatMap(({ address }) => parseIpAddress(address) ?? [])
}

/**
 * Whether a host of a URI is an address of this machine alone. The hosts in `shared`, which callers and backends are given, may
 * belong to several machines. Inside a pod the machine is the pod.
 */
export function isOwnHost(host: string, shared: readonly (string | undefined)[]): boolean {
  const address = parseIpAddress(host)
  if (address === undefined || shared.includes(host)) return false
  return machineAddresses().some((own) => sameAddress(own, address))
}

function interfaceAddresses(): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
}
