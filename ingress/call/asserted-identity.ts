/**
 * Rules of RFC 3325 for identities that a side outside the trust domain sends or receives. Backends are always inside the trust
 * domain.
 */

import { ASSERTED_IDENTITIES, asksForPrivacy, PREFERRED_IDENTITY } from '../sip/message/identity-headers.ts'
import { parseNameAddr } from '../sip/message/name-addr.ts'
import { parseUri } from '../sip/message/uri.ts'
import type { InboundRequest, RelayEdits } from '../sip/port/engine.ts'

/**
 * The header changes for requests of the caller. §5: an identity that an untrusted caller asserts MUST be removed. §6: the first
 * proxy removes a preferred identity, also if the caller is trusted.
 */
export function callerEdits(trusted: boolean): RelayEdits {
  return trusted
    ? { setHeaders: [], removeHeaders: [PREFERRED_IDENTITY], responseIdentity: 'keep' }
    : { setHeaders: [], removeHeaders: [PREFERRED_IDENTITY, ...ASSERTED_IDENTITIES], responseIdentity: 'hide-private' }
}

/**
 * The header changes for requests of the backend. §7: an identity under `Privacy: id` MUST NOT reach a caller outside the trust
 * domain.
 */
export function backendEdits(callerTrusted: boolean, request: Pick<InboundRequest, 'header'>): RelayEdits {
  if (callerTrusted) return { setHeaders: [], removeHeaders: [PREFERRED_IDENTITY], responseIdentity: 'keep' }
  const isPrivate = asksForPrivacy(request.header('Privacy'))
  return {
    setHeaders: [],
    removeHeaders: isPrivate ? [PREFERRED_IDENTITY, ...ASSERTED_IDENTITIES] : [PREFERRED_IDENTITY],
    responseIdentity: 'remove',
  }
}

/**
 * Whether the caller's identity is unclear. §9.1 allows one URI, or one SIP or SIPS URI and one tel URI. With any other
 * combination, the identity is unclear.
 */
export function isAmbiguousIdentity(request: Pick<InboundRequest, 'header'>): boolean {
  const values = request.header('P-Asserted-Identity')
  if (values.length < 2) return false
  const schemes = values.map((value) => parseUri(parseNameAddr(value)?.uri ?? '')?.scheme)
  const tel = schemes.filter((scheme) => scheme === 'tel').length
  const sip = schemes.filter((scheme) => scheme === 'sip' || scheme === 'sips').length
  return values.length > 2 || tel !== 1 || sip !== 1
}
