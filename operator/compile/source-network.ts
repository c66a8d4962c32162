import { fromWords, type IpPrefix, maskWords, parseIpPrefix } from '../../ingress/address/ip-address.ts'

const V4_PREFIX_BITS = 96

/** The canonical form of a network: CIDR, and all bits after the prefix are 0. IPv6 is written as in RFC 5952. */
export function networkText(source: string): string {
  const prefix = sourceNetwork(source)
  const length = prefix.family === 4 ? prefix.length - V4_PREFIX_BITS : prefix.length
  return `${fromWords([...prefix.words]).text}/${length}`
}

/** Reads a network that the schema has accepted. Throws a TypeError for any other text. */
export function sourceNetwork(source: string): IpPrefix {
  const prefix = parseIpPrefix(source)
  if (!prefix) throw new TypeError(`${source} is not a network: read the trunk by its schema first`)
  return prefix
}

/** The key of the network that has the prefix length `length` and contains `network`. */
export function networkKey(network: IpPrefix, length: number): string {
  return `${network.family}:${length}:${maskWords(network.words, length).join(':')}`
}
