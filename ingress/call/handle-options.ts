import type { LiveTable } from '../lookup/live-table.ts'
import type { InboundPlain } from '../sip/engine.ts'

/** RFC 3261 §11.2: no Allow, because what the caller may do is the backend's to say; bodies are opaque to us. */
const CAPABILITIES = [
  { name: 'Accept', value: '*/*' },
  { name: 'Accept-Encoding', value: 'identity' },
  { name: 'Accept-Language', value: '*' },
  { name: 'Supported', value: '' },
]

/** How peers ask whether we take calls: 200 while we do, 503 as long as an INVITE would get 503 for want of a table. */
export function handleOptions(request: InboundPlain, table: LiveTable): void {
  if (!table.loaded) return request.respond({ status: 503, reason: 'Service Unavailable' })
  request.respond({ status: 200, reason: 'OK', headers: CAPABILITIES })
}
