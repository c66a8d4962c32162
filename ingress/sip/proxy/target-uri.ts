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
  const transport = target.transport === undefined ? '' : `;transport=${target.transport.toLowerCase()}`
  const host = `${hostText(target.address)}:${target.port}`
  return `sip:${user === '' ? '' : `${user}@`}${host}${transport}${target.uriParameters}`
}
