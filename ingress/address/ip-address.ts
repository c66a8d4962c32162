/**
 * IP addresses as numbers. So the source of a packet is compared without making a string. IPv4 is stored as IPv4-mapped
 * IPv6 (RFC 4291 §2.5.5.2). So one comparison is enough for both families. On a dual-stack socket, the peer `203.0.113.7`
 * appears as `::ffff:203.0.113.7` and is recognized.
 */
export interface IpAddress {
  readonly family: 4 | 6
  /** Four unsigned 32-bit words in network order. IPv4 is `[0, 0, 0xffff, address]`. */
  readonly words: readonly [number, number, number, number]
  /** Canonical text (RFC 5952 for IPv6), without brackets and without a zone. */
  readonly text: string
}

/** A network. `length` counts bits of the 128-bit form, so `10.0.0.0/8` has length 104. */
export interface IpPrefix {
  readonly family: 4 | 6
  readonly words: readonly [number, number, number, number]
  readonly length: number
}

type Words = [number, number, number, number]

const V4_PREFIX_BITS = 96

/** Reads an IPv4 or IPv6 address as text. Brackets and a zone are removed. Undefined for any other text. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const bare = text.charCodeAt(0) === 0x5b && text.endsWith(']') ? text.slice(1, -1) : text
  const v4 = parseV4(bare)
  if (v4 !== undefined) return ipv4Address(v4)
  const zone = bare.indexOf('%')
  const words = parseV6(zone === -1 ? bare : bare.slice(0, zone))
  return words && fromWords(words)
}

/** The IPv4 addresses that were used last, each at a place that its number gives. */
const recent: (IpAddress | undefined)[] = Array.from({ length: 256 })

/**
 * Builds an IPv4 address from its number. Calls name the same few backends and gateways again and again, so the addresses that
 * were used last are kept. `value`: an unsigned 32-bit number.
 */
export function ipv4Address(value: number): IpAddress {
  const place = (value ^ (value >>> 8) ^ (value >>> 16)) & 0xff
  const known = recent[place]
  if (known?.words[3] === value) return known
  const address: IpAddress = { family: 4, words: [0, 0, 0xffff, value], text: formatV4(value) }
  recent[place] = address
  return address
}

/** Builds an address from four words, for a transport that receives addresses as numbers. */
export function fromWords(words: Words): IpAddress {
  const family = isV4(words) ? 4 : 6
  return { family, words, text: family === 4 ? formatV4(words[3]) : formatV6(words) }
}

/** Reads `address` or `address/length`. Bits beyond the length are cleared. Undefined if the text is not valid. */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/')
  const address = parseIpAddress(slash === -1 ? text : text.slice(0, slash))
  if (!address || text.startsWith('[')) return undefined
  const bits = address.family === 4 ? 32 : 128
  const suffix = slash === -1 ? String(bits) : text.slice(slash + 1)
  if (!/^(0|[1-9]\d{0,2})$/.test(suffix) || Number(suffix) > bits) return undefined
  const length = Number(suffix) + (address.family === 4 ? V4_PREFIX_BITS : 0)
  return { family: address.family, words: maskWords(address.words, length), length }
}

/** Whether the network contains the address. An IPv6 network, `::/0` included, never contains an IPv4 address. */
export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefix.family !== address.family) return false
  const masked = maskWords(address.words, prefix.length)
  return masked.every((word, i) => word === prefix.words[i])
}

/**
 * The first `length` bits of an address, with all other bits cleared. This is the key of a table that finds the longest
 * prefix.
 */
export function maskWords(words: readonly [number, number, number, number], length: number): Words {
  const mask = (word: number, i: number) => {
    const bits = length - 32 * i
    if (bits >= 32) return word
    return bits <= 0 ? 0 : (word & (0xffffffff << (32 - bits))) >>> 0
  }
  return [mask(words[0], 0), mask(words[1], 1), mask(words[2], 2), mask(words[3], 3)]
}

export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  if (a === b) return true
  const p = a.words
  const q = b.words
  return p[3] === q[3] && p[2] === q[2] && p[1] === q[1] && p[0] === q[0]
}

/** The address as a SIP host: IPv6 in brackets (RFC 3261 §25.1 IPv6reference). */
export function hostText(address: IpAddress): string {
  return address.family === 6 ? `[${address.text}]` : address.text
}

/** Whether the address is `0.0.0.0` or `::`. A socket can be bound to such an address. No packet can be sent to it. */
export function isUnspecified(address: IpAddress): boolean {
  const { words } = address
  return words[0] === 0 && words[1] === 0 && words[3] === 0 && words[2] === (address.family === 4 ? 0xffff : 0)
}

/**
 * Whether the address can belong to one machine that takes calls. Three kinds cannot: unspecified (the whole of 0.0.0.0/8:
 * RFC 1122 §3.2.1.3), multicast (RFC 5771, RFC 4291 §2.7) and the broadcast to all networks (RFC 919 §7).
 */
export function isCallable(address: IpAddress): boolean {
  const [a, , , d] = address.words
  if (address.family === 6) return a >>> 24 !== 0xff && !isUnspecified(address)
  const first = d >>> 24
  return first !== 0 && (first < 224 || first > 239) && d !== 0xffffffff
}

function isV4(words: Words): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff
}

function parseV4(text: string): number | undefined {
  let value = 0
  let octet = 0
  let digits = 0
  let dots = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit === DOT) {
      if (digits === 0 || ++dots > 3) return undefined
      value = value * 256 + octet
      octet = 0
      digits = 0
    } else {
      // A leading zero is refused, because some software reads such a number as octal.
      if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return undefined
      octet = octet * 10 + digit
      digits++
      if (octet > 255) return undefined
    }
  }
  return digits > 0 && dots === 3 ? value * 256 + octet : undefined
}

/** The character `.`, counted from the digit 0. */
const DOT = 0x2e - 0x30

function parseV6(text: string): Words | undefined {
  const halves = expandEmbeddedV4(text)?.split('::')
  if (!halves || halves.length > 2) return undefined
  const [head = '', tail] = halves
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  const n = groups.map((group) => Number.parseInt(group, 16))
  const word = (i: number) => (n[i] ?? 0) * 65536 + (n[i + 1] ?? 0)
  return [word(0), word(2), word(4), word(6)]
}

/** Turns `::ffff:192.0.2.1` into `::ffff:c000:201` (RFC 4291 §2.2, third form). */
function expandEmbeddedV4(text: string): string | undefined {
  if (!text.includes('.')) return text
  const colon = text.lastIndexOf(':')
  const v4 = parseV4(text.slice(colon + 1))
  if (colon === -1 || v4 === undefined) return undefined
  return `${text.slice(0, colon + 1)}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`
}

function formatV4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/**
 * IPv6 as text in the form of RFC 5952 §4: lower case, without leading zeros. The longest run of two or more zero groups
 * becomes `::`. If two runs are equally long, the first becomes `::`.
 */
function formatV6(words: Words): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff])
  const run = longestZeroRun(groups)
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':')
  if (run.length < 2) return hex(groups)
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (end < groups.length && groups[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
  }
  return best
}
