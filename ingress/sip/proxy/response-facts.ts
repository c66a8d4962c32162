/** The facts that both engines read from a backend's response before they relay it. Pure. */
import { HEADER } from '../message/header-name.ts'
import { asksForPrivacy } from '../message/identity-headers.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { ResponseIdentity } from '../port/engine.ts'

/**
 * RFC 3261 §20.33: the seconds in Retry-After. Comments and parameters that follow are ignored. Undefined if the header occurs
 * twice, or if the status is not 503.
 */
export function retryAfterOf(response: SipMessage): number | undefined {
  const [value = '', second] = response.values('Retry-After')
  if (second !== undefined) return undefined
  const seconds = /^\s*(\d{1,9})/.exec(value)?.[1]
  return response.status === 503 && seconds !== undefined ? Number(seconds) : undefined
}

/**
 * Whether P-Asserted-Identity and similar headers are removed from a response. RFC 3325 §7: with `Privacy: id`, they must not
 * leave the trust domain.
 */
export function losesIdentity(message: SipMessage, responseIdentity: ResponseIdentity): boolean {
  if (responseIdentity !== 'hide-private') return responseIdentity === 'remove'
  return message.first(HEADER.privacy) !== -1 && asksForPrivacy(message.values('Privacy'))
}
