/**
 * Rules of RFC 3325 for the identities that a caller or a backend asserts. A caller may be outside the trust domain.
 * Backends are always inside it.
 */

import { ASSERTED_IDENTITIES, asksForPrivacy, PREFERRED_IDENTITY } from '../sip/message/identity-headers.ts'
import { parseNameAddr } from '../sip/message/name-addr.ts'
import { parseUri } from '../sip/message/uri.ts'
import type { InboundRequest, RelayEdits } from '../sip/port/engine.ts'

/**
 * The header changes for requests of the caller. An identity that an untrusted caller asserts must be removed (§5). The
 * first proxy removes a preferred identity, even of a trusted caller (§6).
 */
export function callerEdits(trusted: boolean): RelayEdits {
  return trusted ? TRUSTED_CALLER : UNTRUSTED_CALLER
}

const TRUSTED_CALLER: RelayEdits = { setHeaders: [], removeHeaders: [PREFERRED_IDENTITY], responseIdentity: 'keep' }
const UNTRUSTED_CALLER: RelayEdits = {
  setHeaders: [],
  removeHeaders: [PREFERRED_IDENTITY, ...ASSERTED_IDENTITIES],
  responseIdentity: 'hide-private',
}

/**
 * The header changes for requests of the backend. An identity under `Privacy: id` must not reach a caller outside the trust
 * domain (§7).
 */
export function backendEdits(callerTrusted: boolean, request: Pick<InboundRequest, 'header'>): RelayEdits {
  if (callerTrusted) return TRUSTED_CALLER
  return asksForPrivacy(request.header('Privacy')) ? FROM_PRIVATE_BACKEND : FROM_BACKEND
}

const FROM_BACKEND: RelayEdits = { setHeaders: [], removeHeaders: [PREFERRED_IDENTITY], responseIdentity: 'remove' }
const FROM_PRIVATE_BACKEND: RelayEdits = { ...UNTRUSTED_CALLER, responseIdentity: 'remove' }

/**
 * Whether it is unclear who calls. One URI is allowed, or one SIP or SIPS URI together with one tel URI (§9.1). Any other
 * combination is unclear.
 */
export function isAmbiguousIdentity(request: Pick<InboundRequest, 'header'>): boolean {
  const values = request.header('P-Asserted-Identity')
  if (values.length < 2) return false
  const schemes = values.map((value) => parseUri(parseNameAddr(value)?.uri ?? '')?.scheme)
  const tel = schemes.filter((scheme) => scheme === 'tel').length
  const sip = schemes.filter((scheme) => scheme === 'sip' || scheme === 'sips').length
  return values.length > 2 || tel !== 1 || sip !== 1
}
