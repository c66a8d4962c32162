/** Reads addresses in the form of the command line. Each function returns undefined for an invalid text. */
import { hostText, isUnspecified, parseIpAddress } from '../../ingress/address/ip-address.ts'
import { MAX_PORT } from '../../ingress/address/port.ts'
import type { Nameserver } from '../../ingress/resolve/dns-exchange.ts'
import type { AdvertisedAddress, HttpAddress } from '../../ingress/serve/serving-config.ts'
import type { DrachtioAddress } from '../../ingress/sip/drachtio/drachtio-config.ts'
import type { ListenAddress } from '../../ingress/sip/native/native-engine.ts'
import type { TransportName } from '../../ingress/sip/port/engine.ts'

/** An address for SIP. The host is a name or an IP address in the form of a URI, with IPv6 in brackets. */
export interface SipAddress {
  readonly transport: TransportName
  readonly host: string
  readonly port: number
}

/** A host name in the form of RFC 1123 §2.1, which is also the hostname of RFC 3261 §25.1. */
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i

/** Reads text such as `udp://127.0.0.1:5060` or `tcp://[::1]:5060`. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, scheme = '', host = '', port = ''] = /^(udp|tcp):\/\/(.+):(\d+)$/i.exec(text) ?? []
  const address = parseIpAddress(host)
  const number = parsePort(port)
  if (!address || number === undefined || host.startsWith('[') !== (address.family === 6)) return undefined
  return { transport: scheme.toLowerCase() === 'udp' ? 'UDP' : 'TCP', address, port: number }
}

/** Reads text such as `udp://127.0.0.1:5060` or `tcp://sip.example.com:5060`. */
export function parseSipAddress(text: string): SipAddress | undefined {
  const [, scheme = '', rest = ''] = /^(udp|tcp):\/\/(.+)$/i.exec(text) ?? []
  const place = parsePlace(rest)
  return place && { transport: scheme.toLowerCase() === 'udp' ? 'UDP' : 'TCP', ...place }
}

export function sipAddressText({ transport, host, port }: SipAddress): string {
  return `${transport.toLowerCase()}://${host}:${port}`
}

/** Reads text such as `http://127.0.0.1:9090`, which has no path and no query. */
export function parseReadyUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' && url.pathname === '/' && url.username === '' && url.search === '' ? url : undefined
}

/**
 * Reads the address of a drachtio-server's admin port, such as `tcp://127.0.0.1:9022`, `tls://[2001:db8::7]:9023` or
 * `tcp://drachtio:9022`.
 */
export function parseServerAddress(text: string): DrachtioAddress | undefined {
  const [, scheme = '', rest = ''] = /^(tcp|tls):\/\/(.+)$/i.exec(text) ?? []
  const place = parsePlace(rest)
  if (!place) return undefined
  const { host, port } = place
  return { host: parseIpAddress(host)?.text ?? host, port, tls: scheme.toLowerCase() === 'tls' }
}

/** Reads a host and a port. Port 0 is refused. */
function parsePlace(text: string): { readonly host: string; readonly port: number } | undefined {
  const { host, port } = splitPort(text)
  const name = hostOf(host)
  const number = parsePort(port ?? '')
  return name === undefined || !number ? undefined : { host: name, port: number }
}

/**
 * Reads text such as `sip.example.com`, `203.0.113.7:5060` or `[2001:db8::7]:5060`. Port 0 is refused, because nobody can
 * send to it.
 */
export function parseAdvertisedAddress(text: string): AdvertisedAddress | undefined {
  const { host, port } = splitPort(text)
  const name = hostOf(host)
  if (name === undefined) return undefined
  if (port === undefined) return { host: name, port: undefined }
  const number = parsePort(port)
  return number ? { host: name, port: number } : undefined
}

/** Reads text such as `127.0.0.1:9090`, `[::]:9090` or `localhost:0`. */
export function parseHttpAddress(text: string): HttpAddress | undefined {
  const { host, port } = splitPort(text)
  const number = parsePort(port ?? '')
  const name = hostOf(host)
  if (name === undefined || number === undefined) return undefined
  return { host: parseIpAddress(name)?.text ?? name, port: number }
}

/** Reads text such as `10.96.0.10:53`, `[2001:db8::53]:5353` or `127.0.0.1`, whose port is 53. A name cannot be looked up. */
export function parseNameserver(text: string): Nameserver | undefined {
  const place = parseAdvertisedAddress(text)
  const address = place && parseIpAddress(place.host)
  return address && !isUnspecified(address) ? { address, port: place.port ?? DNS_PORT } : undefined
}

const DNS_PORT = 53

function splitPort(text: string): { host: string; port: string | undefined } {
  const [, host = text, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(text) ?? []
  return { host, port }
}

/**
 * The host in the form of a URI. IPv6 must be in brackets, so that its last group is never read as a port. IPv4 may be in
 * brackets too: a template writes `[$(NODE_IP)]:9090` without knowing the address family.
 */
function hostOf(text: string): string | undefined {
  const address = parseIpAddress(text)
  if (address) return address.family === 4 || text.startsWith('[') ? hostText(address) : undefined
  return HOST_NAME.test(text) ? text.toLowerCase() : undefined
}

function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port <= MAX_PORT ? port : undefined
}
