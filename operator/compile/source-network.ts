import { fromWords, type IpPrefix, maskWords, parseIpPrefix } from '../../ingress/address/ip-address.ts'

const V4_PREFIX_BITS = 96

/** A network of a list, in one form: CIDR, bits beyond the length cleared, IPv6 as RFC 5952 writes it. */
export function networkText(source: string): string {
  const prefix = sourceNetwork(source)
  const length = prefix.family === 4 ? prefix.length - V4_PREFIX_BITS : prefix.length
  return `${fromWords([...prefix.words]).text}/${length}`
}

/** Reads a network that the schema has accepted. */
export function sourceNetwork(source: string): IpPrefix {
  const prefix = parseIpPrefix(source)
  if (!prefix) throw new TypeError(`${source} is not a network: read the trunk by its schema first`)
  return prefix
}

/** The network of a given length around another, as a key. */
export function networkKey(network: IpPrefix, length: number): string {
  return `${network.family}:${length}:${maskWords(network.words, length).join(':')}`
}
