/**
 * Our Record-Route values. They bring every later request of the dialog to a pod of ours, with the cookie that says where the
 * request may go (RFC 3261 §16.6 step 4). If our address towards the caller differs from our address towards the backend, there
 * are two values (RFC 5658 §5).
 */

import { indexOfText, LF } from '../../message/byte-class.ts'
import type { ByteWriter } from '../../message/byte-writer.ts'
import { splitList } from '../../message/name-addr.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type { LocalNames } from '../local-names.ts'
import type { LocalEndpoint } from '../transport/transport.ts'
import { COOKIE_PARAMETER, hasCookie, withCookie } from './cookie-parameter.ts'

export interface RecordRouteSides {
  readonly names: Pick<LocalNames, 'external' | 'internal'>
  readonly incoming: LocalEndpoint
  readonly outgoing: LocalEndpoint
  readonly cookie: string
}

/**
 * Writes one header line. There are two lines if address, transport or family change between the two sides; then the line for
 * the backend is on top (RFC 5658 §5).
 */
export function writeRecordRoutes(copy: ByteWriter, { names, incoming, outgoing, cookie }: RecordRouteSides): void {
  const towardsCaller = names.external(incoming)
  const towardsBackend = names.internal(outgoing)
  const isSame = towardsCaller === towardsBackend && incoming.transport === outgoing.transport
  if (!isSame) writeRecordRoute(copy, towardsBackend, outgoing, cookie)
  writeRecordRoute(copy, towardsCaller, incoming, cookie)
}

/**
 * RFC 3261 §16.6 step 4: `lr` MUST be there. `transport=tcp` is added only if this request itself uses TCP, because then the
 * peer surely knows TCP.
 */
function writeRecordRoute(copy: ByteWriter, host: string, { transport }: LocalEndpoint, cookie: string): void {
  copy.text('Record-Route: <sip:')
  copy.text(host)
  copy.text(transport === 'TCP' ? `;transport=tcp;lr;${COOKIE_PARAMETER}=` : `;lr;${COOKIE_PARAMETER}=`)
  copy.text(cookie)
  copy.text('>\r\n')
}

/** A Record-Route row of a response. */
export interface RecordRouteRow {
  readonly message: SipMessage
  readonly row: number
}

const PERCENT = 0x25

/**
 * RFC 3261 §16.7 step 8: a proxy may change its own Record-Route value in a response. Each cookie is valid for one direction
 * only, so the caller gets its own cookie in place of the backend's. The backend may have changed the text around the cookie;
 * the cookie is still found. Values of other proxies stay as they are.
 */
export function copyWithCookie(
  copy: ByteWriter,
  { message, row }: RecordRouteRow,
  cookies: { readonly backend: string; readonly caller: string },
): void {
  const { bytes } = message
  const { backend, caller } = cookies
  const end = message.valueEnd(row)
  let start = message.valueStart(row)
  if (mayHideCookie(bytes, start, end)) {
    return copyChanged(copy, { message, row }, withCookie(message.value(row), backend, caller))
  }
  for (;;) {
    const at = indexOfText(bytes, backend, { start, end })
    if (at === -1) return
    copy.copyTo(at)
    copy.text(caller)
    start = at + backend.length
    copy.leaveOut(start)
  }
}

/** Whether a cookie in these bytes may be spelled with escapes, or broken by a fold. */
function mayHideCookie(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === PERCENT || bytes[at] === LF) return true
  return false
}

function copyChanged(copy: ByteWriter, { message, row }: RecordRouteRow, value: string): void {
  copy.copyTo(message.lineStart(row))
  if (value !== '') copy.text(`Record-Route: ${value}\r\n`)
  copy.leaveOut(message.lineEnd(row))
}

/**
 * RFC 3261 §12.2: inside a dialog the route set does not change, so a response needs no Record-Route value of ours. If it has
 * such a value, the value was copied from the INVITE. It has the cookie of the side that answers, so it is removed. Values of
 * other proxies stay as they are.
 */
export function copyWithoutOwn(copy: ByteWriter, { message, row }: RecordRouteRow): void {
  const values = splitList(message.value(row))
  const others = values.filter((value) => !hasCookie(value))
  if (others.length < values.length) copyChanged(copy, { message, row }, others.join(', '))
}
