/** A call that B1 has answered, and the requests of the caller inside it. */
import type { TransportName } from '../../ingress/sip/port/engine.ts'
import { B1, type Harness, PEER } from './engine-harness.ts'
import type { SentPacket } from './memory-network.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from './sip-text.ts'

export interface AnsweredCall {
  /** The INVITE as B1 received it. */
  readonly invite: string
  /** The 200 as the caller received it. */
  readonly ok: string
  /** The common parts of every request of the caller inside the dialog: target, To tag and route set. */
  readonly inDialog: RequestText
}

/** Makes a call that the default trunk and rule send to B1; B1 answers with a Contact of its own. */
export function answerCall(harness: Harness, transport: TransportName = 'UDP'): AnsweredCall {
  const { network, sentTo } = harness
  network.deliver(PEER, requestText({ via: viaOf(transport, 'z9hG4bK-caller-1') }), transport)
  const invite = sentTo(B1).find((text) => methodOf(text) === 'INVITE') ?? ''
  network.deliver(B1, responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
  const ok = sentTo(PEER).find((text) => statusOf(text) === 200) ?? ''
  const routes = headerOf(ok, 'Record-Route').reverse()
  const extra = routes.map((route) => `Route: ${route}`)
  return { invite, ok, inDialog: { uri: `sip:agent@${B1}`, to: headerOf(ok, 'To')[0] ?? '', extra } }
}

/**
 * The common parts of every request of B1 inside the dialog: the caller's Contact as target, the tags in exchanged places, its
 * route set.
 */
export function backendSide({ invite, ok }: Pick<AnsweredCall, 'invite' | 'ok'>): RequestText {
  return {
    via: `SIP/2.0/UDP ${B1};branch=z9hG4bK-backend-1`,
    uri: 'sip:+15559876543@198.51.100.7:5060',
    from: headerOf(ok, 'To')[0] ?? '',
    to: headerOf(invite, 'From')[0] ?? '',
    contact: `<sip:agent@${B1}>`,
    extra: headerOf(invite, 'Record-Route').map((route) => `Route: ${route}`),
  }
}

/** The caller's Via over a transport. */
export function viaOf(transport: TransportName, branch: string): string {
  return `SIP/2.0/${transport} ${PEER};branch=${branch}`
}

/** Packets as seconds and method or status, such as `0.5 INVITE` or `32 503`. */
export function timeline(packets: readonly SentPacket[]): string[] {
  return packets.map(({ at, text }) => `${at / 1000} ${statusOf(text) || methodOf(text)}`)
}
