import { OK, SERVICE_UNAVAILABLE } from '../sip/port/answers.ts'
import type { InboundPlain } from '../sip/port/engine.ts'
import type { CallDeps } from './call-deps.ts'

/** RFC 3261 §11.2. There is no Allow, because the backend decides which methods the caller may use. We do not read bodies. */
const CAPABILITIES = [
  { name: 'Accept', value: '*/*' },
  { name: 'Accept-Encoding', value: 'identity' },
  { name: 'Accept-Language', value: '*' },
  { name: 'Supported', value: '' },
]

type Deps = Pick<CallDeps, 'leaving' | 'draining' | 'settleOptions' | 'isOwnHost' | 'table'>

/**
 * Peers ask with OPTIONS whether we take calls. A table is always loaded here, because a sender is known only by a table.
 * The 503 has no Retry-After: behind a shared address it would pause every pod (RFC 3261 §21.5.4).
 */
export function handleOptions(request: InboundPlain, deps: Deps): void {
  if (belongsElsewhere(request, deps)) return request.respond(SERVICE_UNAVAILABLE)
  request.respond({ ...OK, headers: CAPABILITIES })
}

/** A proxy stops sending calls only after some failed probes. So probes must fail while calls are still taken. */
function belongsElsewhere(request: InboundPlain, deps: Deps): boolean {
  if (deps.draining()) return true
  if (!deps.leaving()) return false
  return deps.settleOptions === 'unavailable' || isProbedAlone(request, deps)
}

/** A trusted proxy that names an address of this process alone asks only about this process: `settleOptions` does not count. */
function isProbedAlone({ peer, requestUri }: InboundPlain, { table, isOwnHost }: Deps): boolean {
  return table.peer(peer.address).proxyOf.size > 0 && isOwnHost(requestUri.host)
}
