/**
 * Our Record-Route values. Because of them, every later request of the dialog comes through a pod of ours, with the cookie that
 * says where the request may go (RFC 3261 §16.6 step 4). If the two sides differ, there are two values (RFC 5658 §5).
 */

import { HEADER } from '../../message/header-name.ts'
import { splitList } from '../../message/name-addr.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type { LocalNames } from '../local-names.ts'
import type { LocalEndpoint } from '../transport/transport.ts'
import { COOKIE_PARAMETER, hasCookie, withCookie } from './cookie-parameter.ts'

export interface RecordRouteSides {
  readonly names: LocalNames
  readonly incoming: LocalEndpoint
  readonly outgoing: LocalEndpoint
  readonly cookie: string
}

/** One header line, or two if address, transport or family change. The outgoing side is on top (RFC 5658 §5). */
export function recordRouteLines(sides: RecordRouteSides): string {
  const towardsCaller = routeUri(sides.names.external(sides.incoming), sides.incoming, sides.cookie)
  const towardsBackend = routeUri(sides.names.internal(sides.outgoing), sides.outgoing, sides.cookie)
  const lower = `Record-Route: <${towardsCaller}>\r\n`
  return towardsCaller === towardsBackend ? lower : `Record-Route: <${towardsBackend}>\r\n${lower}`
}

/**
 * RFC 3261 §16.6 step 4: `lr` MUST be there. `transport` is added only for TCP: this request uses TCP itself, so the peer can use
 * it.
 */
function routeUri(host: string, endpoint: LocalEndpoint, cookie: string): string {
  const transport = endpoint.transport === 'TCP' ? ';transport=tcp' : ''
  return `sip:${host}${transport};lr;${COOKIE_PARAMETER}=${cookie}`
}

/**
 * RFC 3261 §16.7 step 8: a proxy may rewrite its own Record-Route value in a response. The backend's cookie is replaced by the
 * caller's, which is valid only for the caller's direction. This works even if the backend has written the text around the cookie
 * in another way. Values of other proxies are left unchanged.
 */
export function rewrittenRecordRoutes(
  response: SipMessage,
  backendCookie: string,
  callerCookie: string,
): ReadonlyMap<number, string> {
  const lines = new Map<number, string>()
  for (let row = response.first(HEADER.recordRoute); row !== -1; row = response.next(HEADER.recordRoute, row)) {
    const value = response.value(row)
    const rewritten = withCookie(value, backendCookie, callerCookie)
    if (rewritten !== value) lines.set(row, `Record-Route: ${rewritten}\r\n`)
  }
  return lines
}

/**
 * Inside a dialog the route set does not change (RFC 3261 §12.2), so a response needs no value of ours. If it has one, the value
 * was copied from the INVITE, with the cookie of the side that answers, and is removed. Values of other proxies are left
 * unchanged.
 */
export function withoutOwnRecordRoutes(response: SipMessage): ReadonlyMap<number, string> {
  const lines = new Map<number, string>()
  for (let row = response.first(HEADER.recordRoute); row !== -1; row = response.next(HEADER.recordRoute, row)) {
    const values = splitList(response.value(row))
    const others = values.filter((value) => !hasCookie(value))
    if (others.length === values.length) continue
    lines.set(row, others.length === 0 ? '' : `Record-Route: ${others.join(', ')}\r\n`)
  }
  return lines
}
