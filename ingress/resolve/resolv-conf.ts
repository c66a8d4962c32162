/** `/etc/resolv.conf` (resolv.conf(5)): which nameservers to ask, and how. */
import { parseIpAddress } from '../address/ip-address.ts'
import type { Nameserver } from './dns-exchange.ts'
import {
  ANSWER_MS,
  ATTEMPTS,
  MAX_ANSWER_MS,
  MAX_ATTEMPTS,
  MAX_NAMESERVERS,
  MAX_NDOTS,
  MAX_SEARCH_DOMAINS,
} from './limits.ts'

export interface ResolverOptions {
  /** In the order in which they are asked. */
  readonly servers: readonly Nameserver[]
  /** Domains in lower case, without dots at their ends. */
  readonly search: readonly string[]
  /** A name with fewer dots is looked up in the search domains first. */
  readonly ndots: number
  /** Milliseconds to wait for one answer. */
  readonly timeoutMs: number
  /** How often the whole list of servers is asked. */
  readonly attempts: number
}

const DNS_PORT = 53

/** Without a nameserver, the one on this machine is asked (resolv.conf(5)). */
const LOCAL = '127.0.0.1'

/** Reads the text of the file. Lines that cannot be understood are left out, as the C library does. */
export function parseResolvConf(text: string): ResolverOptions {
  const servers: Nameserver[] = []
  let search: readonly string[] = []
  let options: readonly string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (keyword === 'nameserver' && values[0] !== undefined) {
      const address = parseIpAddress(values[0])
      if (address) servers.push({ address, port: DNS_PORT })
    }
    // The last of these lines counts.
    if (keyword === 'search' || keyword === 'domain') search = values
    if (keyword === 'options') options = [...options, ...values]
  }
  return withOptions(servers, search, options)
}

function withOptions(servers: Nameserver[], search: readonly string[], options: readonly string[]): ResolverOptions {
  const local = parseIpAddress(LOCAL)
  const number = (name: string, usual: number, max: number): number => {
    const text = options.find((option) => option.startsWith(`${name}:`))?.slice(name.length + 1)
    return text !== undefined && /^\d{1,6}$/.test(text) ? Math.min(Number(text), max) : usual
  }
  const seconds = number('timeout', 0, MAX_ANSWER_MS / 1000)
  return {
    servers: servers.length > 0 || !local ? servers.slice(0, MAX_NAMESERVERS) : [{ address: local, port: DNS_PORT }],
    search: search
      .map((domain) => domain.toLowerCase().replace(/\.+$/, ''))
      .filter((domain) => domain !== '')
      .slice(0, MAX_SEARCH_DOMAINS),
    ndots: number('ndots', 1, MAX_NDOTS),
    timeoutMs: seconds === 0 ? ANSWER_MS : seconds * 1000,
    attempts: Math.max(1, number('attempts', ATTEMPTS, MAX_ATTEMPTS)),
  }
}

/**
 * The names under which a host is looked up, in this order, without dots at their ends. Search domains apply to no name with a
 * dot at its end.
 */
export function candidateNames(host: string, { search, ndots }: Pick<ResolverOptions, 'search' | 'ndots'>): string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)]
  const searched = search.map((domain) => `${host}.${domain}`).filter((name) => name.length <= MAX_DNS_NAME)
  const dots = host.split('.').length - 1
  return dots >= ndots ? [host, ...searched] : [...searched, host]
}

/** Characters of the longest name (RFC 1035 §2.3.4), without the dot at its end. */
const MAX_DNS_NAME = 253
