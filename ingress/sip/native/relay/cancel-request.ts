/** RFC 3261 §9.1 and §17.1.1.3: writes CANCEL and ACK. Both must repeat certain headers of the INVITE to which they belong. */
import { HEADER } from '../../message/header-name.ts'
import { parseMessage } from '../../message/parse-message.ts'
import { SipMessage } from '../../message/sip-message.ts'

/**
 * RFC 3261 §9.1: Request-URI, Call-ID, From, To, the CSeq number, Route and our Via are the same as in the INVITE. A CANCEL has
 * no Require and no body. `reason`: the Reason lines of the CANCEL that we received (RFC 3326 §2), each with its line end.
 */
export function writeCancel(inviteBytes: Buffer, reason: string): Buffer {
  const invite = read(inviteBytes)
  return writeLike(invite, 'CANCEL', headerLine(invite, HEADER.to), reason)
}

/** RFC 3261 §17.1.1.3: the ACK repeats headers of the INVITE. Its To is the To of the response. */
export function writeAck(inviteBytes: Buffer, response: SipMessage): Buffer {
  const invite = read(inviteBytes)
  return writeLike(invite, 'ACK', headerLine(response, HEADER.to), '')
}

/** Parses our own INVITE again. Only a CANCEL or an ACK needs this, so the parsed form is not retained. */
function read(bytes: Buffer): SipMessage {
  const message = new SipMessage()
  parseMessage(message, bytes, 0, bytes.length)
  return message
}

function writeLike(invite: SipMessage, method: 'CANCEL' | 'ACK', to: string, extra: string): Buffer {
  const cseq = invite.value(invite.first(HEADER.cseq)).split(/\s/, 1)[0]
  const text =
    `${method} ${invite.requestUri()} SIP/2.0\r\n` +
    headerLine(invite, HEADER.via) +
    allLines(invite, HEADER.route) +
    `Max-Forwards: 70\r\n${headerLine(invite, HEADER.from)}${to}${headerLine(invite, HEADER.callId)}` +
    `CSeq: ${cseq} ${method}\r\n${extra}Content-Length: 0\r\n\r\n`
  return Buffer.from(text, 'latin1')
}

function headerLine(message: SipMessage, id: number): string {
  const row = message.first(id)
  return row === -1 ? '' : message.bytes.toString('latin1', message.lineStart(row), message.lineEnd(row))
}

function allLines(message: SipMessage, id: number): string {
  let lines = ''
  for (let row = message.first(id); row !== -1; row = message.next(id, row)) {
    lines += message.bytes.toString('latin1', message.lineStart(row), message.lineEnd(row))
  }
  return lines
}
