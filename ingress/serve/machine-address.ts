import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type IpAddress, parseIpAddress, sameAddress } from '../address/ip-address.ts'

/**
 * The address of this machine that stands for a socket which is bound to every address. It is the first address that is not
 * loopback or link-local. If there is no such address, it is a loopback address. Behind a NAT, a peer may see another
 * address. The advertised addresses are for this case.
 */
export function machineAddress(family: 4 | 6): IpAddress | undefined {
  const all = interfaceAddresses()
  const usable = all.filter(({ address }) => parseIpAddress(address)?.family === family && !address.startsWith('fe80'))
  const chosen = usable.find(({ internal }) => !internal) ?? usable[0]
  return chosen && parseIpAddress(chosen.address)
}

/**
 * All current addresses of this machine, loopback included. A socket that is bound to every address receives packets for
 * all of them.
 */
export function machineAddresses(): readonly IpAddress[] {
  return interfaceAddresses().flatMap(({ address }) => parseIpAddress(address) ?? [])
}

/**
 * Whether the host of a URI is an address of this machine alone. `shared` are the hosts that we give to callers and
 * backends. A shared host may belong to several machines. Inside a pod, the machine is the pod.
 */
export function isOwnHost(host: string, shared: readonly (string | undefined)[]): boolean {
  const address = parseIpAddress(host)
  if (address === undefined || shared.includes(host)) return false
  return machineAddresses().some((own) => sameAddress(own, address))
}

function interfaceAddresses(): readonly NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
}
