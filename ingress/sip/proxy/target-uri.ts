import { hostText } from '../../address/ip-address.ts'
import { type SipUri, sipUserOf } from '../message/uri.ts'
import type { ProxyPlan, ProxyTarget } from '../port/engine.ts'

/** The Request-URI of a probe: that of a call to the target, with this user. */
export function probeUri(target: ProxyTarget, user: string | undefined): string {
  return uriWithUser(target, user ?? '')
}

/**
 * RFC 3261 §16.6 step 2: the Request-URI for a target. The user in it comes from the plan. If the plan names no user, it comes
 * from the received Request-URI.
 */
export function targetUri(target: ProxyTarget, plan: Pick<ProxyPlan, 'requestUser'>, received: SipUri): string {
  return uriWithUser(target, plan.requestUser ?? sipUserOf(received) ?? '')
}

function uriWithUser(target: ProxyTarget, user: string): string {
  return `sip:${user === '' ? '' : `${user}@`}${target.uriPlace ?? addressPlace(target)}${target.uriParameters}`
}

/** The address to which a target's requests are sent, in the form of a URI's host, port and transport. */
export function addressPlace({ address, port, transport }: ProxyTarget): string {
  return `${hostText(address)}:${port}${transport === undefined ? '' : `;transport=${transport.toLowerCase()}`}`
}
