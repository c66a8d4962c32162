import type { Answer, InboundPlain } from '../sip/engine.ts'
import type { CallDeps } from './call-deps.ts'

const NOT_HERE: Answer = { status: 503, reason: 'Service Unavailable' }

/** RFC 3261 §11.2: no Allow, because what the caller may do is the backend's to say; bodies are opaque to us. */
const CAPABILITIES = [
  { name: 'Accept', value: '*/*' },
  { name: 'Accept-Encoding', value: 'identity' },
  { name: 'Accept-Language', value: '*' },
  { name: 'Supported', value: '' },
]

/**
 * How peers ask whether we take calls. Who is known is known from a table, so whoever gets here finds one loaded. While
 * draining the answer is 503 without Retry-After: behind a shared address that would pause every pod (RFC 3261 §21.5.4).
 */
export function handleOptions(request: InboundPlain, { draining }: Pick<CallDeps, 'draining'>): void {
  if (draining()) return request.respond(NOT_HERE)
  request.respond({ status: 200, reason: 'OK', headers: CAPABILITIES })
}
