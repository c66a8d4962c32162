/** Tells what a packet is to a process that is behind: work that was begun before, or work that would be new. */
import { HEADER } from '../../message/header-name.ts'
import { readTag } from '../../message/header-tag.ts'
import type { SipMessage } from '../../message/sip-message.ts'

/**
 * `begun`: a response, or a request of a call that exists. It goes before new calls, because a call that was accepted must end
 * well. `new-invite`: an INVITE that would begin a call. `cancel`: it must not overtake its INVITE. `ack`: it may acknowledge an
 * answer of ours. `outside`: any other request outside a dialog.
 */
export type PacketClass = 'begun' | 'new-invite' | 'cancel' | 'ack' | 'outside'

/**
 * Methods that may begin something outside a dialog. A request with another method belongs to a dialog, even if it lacks the tag
 * that names the dialog: a dialog's Route may name it.
 */
const OUTSIDE: ReadonlySet<string> = new Set(['OPTIONS', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH'])

/** Pure. Reads the method, and for an INVITE and the methods of `OUTSIDE` also the To header (RFC 3261 §12.2.2). */
export function packetClass(message: SipMessage): PacketClass {
  const { method } = message
  if (method === 'INVITE') return hasToTag(message) ? 'begun' : 'new-invite'
  if (method === 'ACK') return 'ack'
  if (method === 'CANCEL') return 'cancel'
  return OUTSIDE.has(method) && !hasToTag(message) ? 'outside' : 'begun'
}

function hasToTag(message: SipMessage): boolean {
  const row = message.first(HEADER.to)
  return row !== -1 && readTag(message, row) !== undefined
}
