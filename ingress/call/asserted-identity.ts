/** RFC 3325: what a side outside the trust domain may claim, and what it may learn. Backends are always inside. */
import type { InboundRequest, RelayEdits } from '../sip/engine.ts'

const ASSERTED = 'P-Asserted-Identity'
const PREFERRED = 'P-Preferred-Identity'

/** For requests of the caller. §5: what an untrusted one asserts MUST go; §6: what anyone prefers ends at the first proxy. */
export function callerEdits(trusted: boolean): RelayEdits {
  return trusted
    ? { setHeaders: [], removeHeaders: [PREFERRED], responseIdentity: 'keep' }
    : { setHeaders: [], removeHeaders: [PREFERRED, ASSERTED], responseIdentity: 'hide-private' }
}

/** For requests of the backend. §7: an identity under `Privacy: id` MUST NOT reach a caller outside the trust domain. */
export function backendEdits(callerTrusted: boolean, request: Pick<InboundRequest, 'header'>): RelayEdits {
  if (callerTrusted) return { setHeaders: [], removeHeaders: [], responseIdentity: 'keep' }
  const isPrivate = request.header('Privacy').some((value) => /(^|;)\s*id\s*(;|$)/i.test(value))
  return { setHeaders: [], removeHeaders: isPrivate ? [ASSERTED] : [], responseIdentity: 'remove' }
}
