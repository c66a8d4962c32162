/** The input of `explain`: the call that the flags describe, and the manifests that decide the call. */
import { z } from 'zod'
import { hostText, type IpAddress, parseIpAddress } from '../../ingress/address/ip-address.ts'
import { SIP_PORT } from '../../ingress/address/port.ts'
import type { TransportName } from '../../ingress/address/transport-name.ts'
import type { Nameserver } from '../../ingress/resolve/dns-exchange.ts'
import { HEADER, headerIdOf } from '../../ingress/sip/message/header-name.ts'
import { escapeUser, parseUri } from '../../ingress/sip/message/uri.ts'
import type { HeaderField } from '../../ingress/sip/port/engine.ts'
import { parseAdvertisedAddress } from '../settings/address-text.ts'
import { ConfigError } from '../settings/config.ts'
import { resolver } from '../settings/nameservers.ts'
import { one, textOf } from '../settings/setting-value.ts'
import { readTime, TIME_FORMS, type WrittenTime } from './explain-time.ts'

/** Flags in the form in which commander returns them. A flag that was not given is absent. */
export interface ExplainFlags {
  readonly rules?: readonly string[]
  readonly to?: string
  readonly from?: string
  readonly source?: string
  readonly header?: readonly string[]
  readonly backends?: string
  readonly at?: string
  readonly transport: 'udp' | 'tcp'
  readonly output: 'text' | 'json'
  readonly resolver?: readonly string[]
}

/** The call that `explain` is asked about. */
export interface ExplainedCall {
  /** The Request-URI. If `headers` contains no To header, the To header is made of the same URI. */
  readonly to: string
  readonly from: string
  readonly source: { readonly address: IpAddress; readonly port: number }
  readonly transport: TransportName
  readonly headers: readonly HeaderField[]
}

export interface ExplainConfig {
  /** Files and folders of manifests. */
  readonly rules: readonly string[]
  readonly call: ExplainedCall
  /** When the call comes. Absent: now. */
  readonly at?: WrittenTime
  /** Nameservers that are asked for the names of the rule's backends. Empty: those of this machine. */
  readonly resolver: readonly Nameserver[]
}

/** The host for a number that is given without a host. This name never resolves (RFC 2606 §2). */
const NOWHERE = 'ingress.invalid'

const PARTY = 'a number, or a URI that begins with sip:, sips: or tel:'

const EXPLAIN = z.object({
  rules: z.array(z.string()).min(1, 'must be given'),
  to: one(textOf(uriOf, PARTY)),
  from: one(textOf(uriOf, PARTY)),
  source: one(textOf(sourceOf, 'an IP address, alone or with a port: 203.0.113.7:5060, [2001:db8::7]:5060')),
  resolver,
  header: z.array(textOf(headerOf, "a header as it stands in a request: 'Name: value'").superRefine(checkHeader)),
  at: z.array(textOf(readTime, TIME_FORMS)).max(1),
})

/** Checks the flags. Throws a `ConfigError` with every problem. */
export function readExplainConfig(flags: ExplainFlags): ExplainConfig {
  const { rules = [], to, from, source, header = [], resolver: servers = [], transport, at } = flags
  const parties = { to: listOf(to), from: listOf(from), source: listOf(source) }
  const given = { rules, ...parties, header, at: listOf(at), resolver: servers }
  const parsed = EXPLAIN.safeParse(given)
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`))
  }
  const { rules: paths, header: headers, at: times, resolver: nameservers, ...call } = parsed.data
  const [time] = times
  return {
    rules: paths,
    resolver: nameservers,
    call: { ...call, headers, transport: transport === 'udp' ? 'UDP' : 'TCP' },
    ...(time !== undefined && { at: time }),
  }
}

function listOf(value: string | undefined): string[] {
  return value === undefined ? [] : [value]
}

/** Makes the URI of a party. A URI is returned unchanged. Text without `:` and `@` becomes the user of a URI. */
function uriOf(text: string): string | undefined {
  if (!/[:@]/.test(text)) return text.trim() === '' ? undefined : `sip:${escapeUser(text.trim())}@${NOWHERE}`
  // The parser expects latin1 text, with one character for each byte.
  const uri = parseUri(Buffer.from(text, 'utf8').toString('latin1'))
  return uri && ['sip', 'sips', 'tel'].includes(uri.scheme) ? text : undefined
}

function sourceOf(text: string): ExplainedCall['source'] | undefined {
  const bare = parseIpAddress(text)
  if (bare) return { address: bare, port: SIP_PORT }
  const place = parseAdvertisedAddress(text)
  const address = place && parseIpAddress(place.host)
  return address && { address, port: place.port ?? SIP_PORT }
}

/** Reads one header. A name is a token, and a value on one line has no control character except the tab (RFC 3261 §25.1). */
function headerOf(text: string): HeaderField | undefined {
  const [, name = '', value = ''] = /^([\w.!%*+`'~-]+)[ \t]*:[ \t]*(.*)$/s.exec(text) ?? []
  return name === '' || /[^\P{Cc}\t]/u.test(value) ? undefined : { name, value: value.trim() }
}

/**
 * Headers that a request has only once and that `explain` writes itself. The text of each item tells the user why the
 * header is refused.
 */
const OWN_HEADERS: ReadonlyMap<number, string> = new Map([
  [HEADER.from, 'say it with --from'],
  [HEADER.callId, 'it decides nothing'],
  [HEADER.cseq, 'it decides nothing'],
  [HEADER.contentLength, 'it decides nothing'],
])

function checkHeader({ name }: HeaderField, context: z.RefinementCtx): void {
  const why = OWN_HEADERS.get(headerIdOf(name))
  if (why !== undefined) context.addIssue({ code: 'custom', message: `${name} cannot be given here: ${why}` })
}

/** The source as text, such as `203.0.113.7:5060` or `[2001:db8::7]:5060`. */
export function sourceText({ address, port }: ExplainedCall['source']): string {
  return `${hostText(address)}:${port}`
}
