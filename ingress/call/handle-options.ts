import { OK, SERVICE_UNAVAILABLE } from '../sip/port/answers.ts'
import type { InboundPlain } from '../sip/port/engine.ts'
import type { CallDeps } from './call-deps.ts'

/**
 * The headers of a 200 (RFC 3261 §11.2). There is no Allow, because the backend decides which methods the caller may use.
 * Every type of body is accepted, because we do not read bodies.
 */
const CAPABILITIES = [
  { name: 'Accept', value: '*/*' },
  { name: 'Accept-Encoding', value: 'identity' },
  { name: 'Accept-Language', value: '*' },
  { name: 'Supported', value: '' },
]

type Deps = Pick<CallDeps, 'leaving' | 'draining' | 'settleOptions' | 'isOwnHost' | 'table'>

/**
 * Answers OPTIONS. Peers use OPTIONS to ask whether we take calls. A table is always loaded here, because without a table
 * no sender is known. The 503 has no Retry-After. If several pods share an address, Retry-After would pause all of them
 * (RFC 3261 §21.5.4).
 */
export function handleOptions(request: InboundPlain, deps: Deps): void {
  if (belongsElsewhere(request, deps)) return request.respond(SERVICE_UNAVAILABLE)
  request.respond({ ...OK, headers: CAPABILITIES })
}

/**
 * Whether calls should be sent to another process. A proxy stops sending calls only after some failed probes. So probes
 * must fail earlier than calls.
 */
function belongsElsewhere(request: InboundPlain, deps: Deps): boolean {
  if (deps.draining()) return true
  if (!deps.leaving()) return false
  return deps.settleOptions === 'unavailable' || isProbedAlone(request, deps)
}

/**
 * Whether the request asks only about this process: it comes from a trusted proxy and names an address of this process
 * alone. For such a request, `settleOptions` is ignored.
 */
function isProbedAlone({ peer, requestUri }: InboundPlain, { table, isOwnHost }: Deps): boolean {
  return table.peer(peer.address).proxyOf.size > 0 && isOwnHost(requestUri.host)
}
