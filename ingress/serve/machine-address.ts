import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type IpAddress, parseIpAddress, sameAddress } from '../address/ip-address.ts'

/**
 * The address of this machine that is used for sockets that are bound to every address. It is the first address that is not
 * loopback or link-local. If there is no such address, it is a loopback address. If the machine is behind a NAT, a peer may see
 * another address: for this case there are the advertised addresses.
 */
export function machineAddress(family: 4 | 6): IpAddress | undefined {
  const all = interfaceAddresses()
  const usable = all.filter(({ address }) => parseIpAddress(address)?.family === family && !address.startsWith('fe80'))
  const chosen = usable.find(({ internal }) => !internal) ?? usable[0]
  return chosen && parseIpAddress(chosen.address)
}

/**
 * All current addresses of this machine, including loopback: a socket that is bound to every address takes packets for all of
 * them.
 */
export function machineAddresses(): readonly IpAddress[] {
  return interfaceAddresses().flatMap(({ address }) => parseIpAddress(address) ?? [])
}

/**
 * Whether a host of a URI is an address of this machine alone. `shared` are the hosts that we give to callers and backends: they
 * may belong to several machines. Inside a pod, the machine is the pod.
 */
export function isOwnHost(host: string, shared: readonly (string | undefined)[]): boolean {
  const address = parseIpAddress(host)
  if (address === undefined || shared.includes(host)) return false
  return machineAddresses().some((own) => sameAddress(own, address))
}

function interfaceAddresses(): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
}
