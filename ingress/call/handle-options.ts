import type { InboundPlain } from '../sip/engine.ts'

/** RFC 3261 §11.2: no Allow, because what the caller may do is the backend's to say; bodies are opaque to us. */
const CAPABILITIES = [
  { name: 'Accept', value: '*/*' },
  { name: 'Accept-Encoding', value: 'identity' },
  { name: 'Accept-Language', value: '*' },
  { name: 'Supported', value: '' },
]

/** How peers ask whether we take calls. Who is known is known from a table, so whoever gets here finds one loaded. */
export function handleOptions(request: InboundPlain): void {
  request.respond({ status: 200, reason: 'OK', headers: CAPABILITIES })
}
