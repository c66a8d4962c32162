import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type IpAddress, parseIpAddress, sameAddress } from '../address/ip-address.ts'

/**
 * An address of this machine for sockets bound to every address: the first that is not loopback or link-local, else
 * loopback. What a peer sees may differ behind NAT: that is what the advertised addresses are for.
 */
export function machineAddress(family: 4 | 6): IpAddress | undefined {
  const all = interfaceAddresses()
  const usable = all.filter(({ address }) => parseIpAddress(address)?.family === family && !address.startsWith('fe80'))
  const chosen = usable.find(({ internal }) => !internal) ?? usable[0]
  return chosen && parseIpAddress(chosen.address)
}

/** Every address of this machine as it is now, loopback among them: what a socket bound to every address takes. */
export function machineAddresses(): readonly IpAddress[] {
  return interfaceAddresses().flatMap(({ address }) => parseIpAddress(address) ?? [])
}

/**
 * Whether a host of a URI is an address of this machine that others do not have as well: `shared` are the hosts that
 * callers and backends are told. Inside a pod the machine is the pod.
 */
export function isOwnHost(host: string, shared: readonly (string | undefined)[]): boolean {
  const address = parseIpAddress(host)
  if (address === undefined || shared.includes(host)) return false
  return machineAddresses().some((own) => sameAddress(own, address))
}

function interfaceAddresses(): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
}
