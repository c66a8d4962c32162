import { z } from 'zod'
import { MAX_BACKEND_URI_LENGTH, MAX_PORT } from './limits.ts'
import { isAddress, isCallable } from './network.ts'
import { type ValidationRule, withRules } from './validation-rule.ts'

/** The parts of a backend's URI. The host is an IP literal or a name. */
export type BackendUri = AddressUri | NameUri

export interface AddressUri extends UriTail {
  /** An IP literal without brackets, as the user wrote it. */
  readonly address: string
  readonly port: number
}

export interface NameUri extends UriTail {
  /** A host name in lower case. A dot at its end is kept: it says that search lists do not apply. */
  readonly name: string
  /** If it is absent, the port comes from DNS (RFC 3263 §4.2). */
  readonly port: number | undefined
}

interface UriTail {
  readonly transport: 'UDP' | 'TCP' | undefined
  /** All parameters except transport, in their order, each with its leading `;`. Empty if there is no such parameter. */
  readonly parameters: string
}

// RFC 3261 §19.1.2: if a SIP URI with an address names no port, the port is 5060.
const DEFAULT_PORT = 5060

/** A SIP-URI (RFC 3261 §25.1). It has no user and no headers. */
const SHAPE = /^sip:(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::([0-9]{1,5}))?((?:;[^;?]+)*)$/i

/**
 * `hostname` of RFC 3261 §25.1, with the lengths of RFC 1035 §2.3.4. The last label begins with a letter, so that no wrong
 * address is taken for a name.
 */
const HOST_NAME = /^(?=.{1,253}\.?$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\.?$/i

const PARAMETER = /^[A-Za-z0-9\-_.!~*'()[\]/:&+$%]+(=[A-Za-z0-9\-_.!~*'()[\]/:&+$%]+)?$/

/**
 * `maddr` and `ttl` would send the request to another place. `method` is not allowed in a Request-URI (RFC 3261 §19.1.1, table
 * 1).
 */
const REFUSED_PARAMETERS = ['maddr', 'ttl', 'method']

/** Reads a backend's URI. Returns undefined if the ingress cannot send calls to this URI. */
export function parseBackendUri(text: string): BackendUri | undefined {
  const [, host = '', port, tail = ''] = SHAPE.exec(text) ?? []
  const number = port === undefined ? undefined : Number(port)
  const rest = parseTail(tail)
  if (rest === undefined || (number !== undefined && (number < 1 || number > MAX_PORT))) return undefined
  if (HOST_NAME.test(host)) return { name: host.toLowerCase(), port: number, ...rest }
  const address = host.startsWith('[') ? host.slice(1, -1) : host
  if (!isAddress(address) || !isCallable(address) || host.startsWith('[') !== address.includes(':')) return undefined
  return { address, port: number ?? DEFAULT_PORT, ...rest }
}

function parseTail(tail: string): UriTail | undefined {
  const parameters = tail.split(';').slice(1)
  const names = parameters.map(parameterName)
  if (!parameters.every((parameter) => PARAMETER.test(parameter)) || new Set(names).size !== names.length)
    return undefined
  if (names.some((name) => REFUSED_PARAMETERS.includes(name))) return undefined
  const transport = parameters.find((parameter) => parameterName(parameter) === 'transport')
  const protocol = transport?.slice('transport='.length).toUpperCase()
  if (protocol !== undefined && protocol !== 'UDP' && protocol !== 'TCP') return undefined
  const others = parameters.filter((parameter) => parameter !== transport)
  return { transport: protocol, parameters: others.map((other) => `;${other}`).join('') }
}

function parameterName(parameter: string): string {
  return parameter.split('=', 1)[0]?.toLowerCase() ?? ''
}

/** Matches numbers that are not valid ports: 0, and 65,536 to 99,999. */
const BAD_PORT = '(0+|6553[6-9]|655[4-9][0-9]|65[6-9][0-9][0-9]|6[6-9][0-9][0-9][0-9]|[7-9][0-9][0-9][0-9][0-9])'
const PORT_OUT_OF_RANGE = new RegExp(`^sip:(\\[[0-9a-f:.]+\\]|[^@:;?[]+):${BAD_PORT}(;|$)`, 'i')

/** A host name that is longer than 253 characters, or that has a label of more than 63 characters (RFC 1035 §2.3.4). */
const TOO_LONG = '^sip:([^@:;?[]{253}([^@:;?[.]|[.][^@:;?[])|([^@:;?[.]+[.])*[^@:;?[.]{64})'

const rules: readonly ValidationRule<string>[] = [
  {
    cel: "!self.matches('(?i)^sips:') && !self.matches('(?i);transport=(tls|wss?|sctp)')",
    message:
      'only UDP and TCP towards backends are supported by this version: write a sip: URI with transport=udp or transport=tcp, or neither',
    holds: (uri) => !/^sips:|;transport=(tls|wss?|sctp)/i.test(uri),
  },
  {
    cel: "!self.matches('^[^:]*:[^@?]*@') && !self.contains('?')",
    message: 'a backend has no user and no headers: use requestUser and headers.set of the route',
    holds: (uri) => !/^[^:]*:[^@?]*@|\?/.test(uri),
  },
  {
    // A process can listen on the unspecified address. A client cannot send a call to this address.
    cel: "!self.matches('(?i)^sip:(0[.]|[[][0:.]+[]])')",
    message: 'the unspecified address cannot be called: write the address of the backend',
    holds: (uri) => !/^sip:(0[.]|\[[0:.]+\])/i.test(uri),
  },
  {
    cel: "!self.matches('(?i)^sip:((22[4-9]|23[0-9])[.]|255[.]255[.]255[.]255([:;]|$)|[[]ff[0-9a-f][0-9a-f]:)')",
    message: 'a multicast or broadcast address is not one backend: write the address of each',
    holds: (uri) => !/^sip:((22[4-9]|23[0-9])[.]|255[.]255[.]255[.]255([:;]|$)|\[ff[0-9a-f][0-9a-f]:)/i.test(uri),
  },
  {
    cel: `!self.matches('(?i)^sip:([[][0-9a-f:.]+[]]|[^@:;?[]+):${BAD_PORT}(;|$)')`,
    message: 'a port is a number from 1 to 65535',
    holds: (uri) => !PORT_OUT_OF_RANGE.test(uri),
  },
  {
    cel: "!self.matches('(?i);(maddr|ttl|method)(=|;|$)')",
    message: 'maddr, ttl and method would send the request elsewhere or change it: leave them out',
    holds: (uri) => !/;(maddr|ttl|method)(=|;|$)/i.test(uri),
  },
  {
    cel: "!self.matches('(?i)^sip:[^@:;?[]*_')",
    message:
      'a host name has no _ (RFC 3261 §25.1): write the bare name, such as sip:example.net, and its SRV records are found',
    holds: (uri) => !/^sip:[^@:;?[]*_/i.test(uri),
  },
  {
    cel: "!self.matches('(?i)^sip:[^@:;?[]*[^ -~]')",
    message: 'a host name has only ASCII characters: write an international name in the form that begins with xn--',
    holds: (uri) => !/^sip:[^@:;?[]*[^ -~]/i.test(uri),
  },
  {
    cel: `!self.matches('(?i)${TOO_LONG}')`,
    message: 'a host name has at most 253 characters, and between two dots at most 63',
    holds: (uri) => !new RegExp(TOO_LONG, 'i').test(uri),
  },
]

/**
 * Patterns of hosts for CEL. The IPv6 pattern accepts some texts that `parseBackendUri` refuses. The pattern of names accepts `_`,
 * other alphabets and any length, because other rules report these with a message of their own.
 */
const OCTET = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
const IPV4 = `${OCTET}([.]${OCTET}){3}`
const IPV6 = '[[][0-9a-fA-F:.]+[]]'
/** A letter, a digit, `_` or a character beyond ASCII. The pattern names the characters that it leaves out. */
const INNER = '[^ -/:-@[-^`{-~]'
/** The same without digits: a name whose last label begins with a digit would be a wrong address. */
const FIRST = '[^ -@[-^`{-~]'
const REST = `(([-]|${INNER})*${INNER})?`
const NAME = `(${INNER}${REST}[.])*${FIRST}${REST}[.]?`

const HOST_MESSAGE =
  'write sip: and an IP address or a host name, such as sip:10.0.0.5:5060;transport=tcp, sip:[2001:db8::5] or sip:pbx.example.net'

/** The URI of a backend: `sip:`, an IP literal or a host name, a port and plain parameters. */
export const backendUri = withRules(z.string().min(1).max(MAX_BACKEND_URI_LENGTH), ...rules, {
  cel: `self.matches('(?i)^sips?:') && self.matches('^[a-zA-Z]+:([^@]*@)?(${IPV4}|${IPV6}|${NAME})(:[0-9]{1,5})?(;[^;?]+)*([?].*)?$')`,
  message: HOST_MESSAGE,
  // If another rule already reports the fault, this rule reports nothing.
  holds: (uri) => parseBackendUri(uri) !== undefined || rules.some((rule) => !rule.holds(uri)),
  explain: (uri) => `${uri} cannot be called: ${HOST_MESSAGE}`,
})
