/**
 * Our Record-Route values: what makes every later request of the dialog come through a pod of ours, with the cookie
 * that says where it may go (RFC 3261 §16.6 step 4; doubled as RFC 5658 §5 where the two sides differ).
 */

import { HEADER } from '../message/header-name.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { LocalEndpoint } from '../transport/transport.ts'
import type { LocalNames } from './local-names.ts'

/** The URI parameter that carries the cookie. Unknown URI parameters are kept by every element (RFC 3261 §19.1.1). */
export const COOKIE_PARAMETER = 'sdc'

export interface RecordRouteSides {
  readonly names: LocalNames
  readonly incoming: LocalEndpoint
  readonly outgoing: LocalEndpoint
  readonly cookie: string
}

/** One header line, or two where address, transport or family change: the outgoing side on top (RFC 5658 §5). */
export function recordRouteLines(sides: RecordRouteSides): string {
  const towardsCaller = routeUri(sides.names.external(sides.incoming), sides.incoming, sides.cookie)
  const towardsBackend = routeUri(sides.names.internal(sides.outgoing), sides.outgoing, sides.cookie)
  const lower = `Record-Route: <${towardsCaller}>\r\n`
  return towardsCaller === towardsBackend ? lower : `Record-Route: <${towardsBackend}>\r\n${lower}`
}

/** RFC 3261 §16.6 step 4: `lr` MUST be there; `transport` only where the peer is known to take it, as it just did. */
function routeUri(host: string, endpoint: LocalEndpoint, cookie: string): string {
  const transport = endpoint.transport === 'TCP' ? ';transport=tcp' : ''
  return `sip:${host}${transport};lr;${COOKIE_PARAMETER}=${cookie}`
}

/**
 * RFC 3261 §16.7 step 8: a proxy may rewrite its own Record-Route value in a response. The cookie that the backend saw
 * becomes the caller's, which is good for the caller's direction only, however the backend has written what is around it.
 * Other proxies' values are left as they are.
 */
export function rewrittenRecordRoutes(
  response: SipMessage,
  backendCookie: string,
  callerCookie: string,
): ReadonlyMap<number, string> {
  const lines = new Map<number, string>()
  for (let row = response.first(HEADER.recordRoute); row !== -1; row = response.next(HEADER.recordRoute, row)) {
    const value = response.value(row)
    if (!value.includes(backendCookie)) continue
    lines.set(row, `Record-Route: ${value.replaceAll(backendCookie, callerCookie)}\r\n`)
  }
  return lines
}
