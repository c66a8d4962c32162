import { OK, SERVICE_UNAVAILABLE } from '../sip/port/answers.ts'
import type { InboundPlain } from '../sip/port/engine.ts'
import type { CallDeps } from './call-deps.ts'

/** RFC 3261 §11.2: no Allow, because what the caller may do is the backend's to say; bodies are opaque to us. */
const CAPABILITIES = [
  { name: 'Accept', value: '*/*' },
  { name: 'Accept-Encoding', value: 'identity' },
  { name: 'Accept-Language', value: '*' },
  { name: 'Supported', value: '' },
]

type Deps = Pick<CallDeps, 'leaving' | 'draining' | 'settleOptions' | 'isOwnHost' | 'table'>

/**
 * How peers ask whether we take calls. Who is known is known from a table, so whoever gets here finds one loaded. The 503
 * has no Retry-After: behind a shared address that would pause every pod (RFC 3261 §21.5.4).
 */
export function handleOptions(request: InboundPlain, deps: Deps): void {
  if (belongsElsewhere(request, deps)) return request.respond(SERVICE_UNAVAILABLE)
  request.respond({ ...OK, headers: CAPABILITIES })
}

/** A proxy needs some failed probes before it stops sending calls: they have to fail while calls are still taken. */
function belongsElsewhere(request: InboundPlain, deps: Deps): boolean {
  if (deps.draining()) return true
  if (!deps.leaving()) return false
  return deps.settleOptions === 'unavailable' || isProbedAlone(request, deps)
}

/** A trusted proxy that names an address of this very process asks about this process alone, whatever callers get. */
function isProbedAlone({ peer, requestUri }: InboundPlain, { table, isOwnHost }: Deps): boolean {
  return table.peer(peer.address).proxyOf.size > 0 && isOwnHost(requestUri.host)
}
