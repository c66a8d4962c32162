import { parseMessage } from '../../ingress/sip/message/parse-message.ts'
import { SipMessage } from '../../ingress/sip/message/sip-message.ts'

/** An ordinary INVITE as a carrier sends it. `headers` are put before Content-Length, each on its own line. */
export function inviteText(headers: readonly string[] = [], body = 'v=0\r\n'): string {
  return [
    'INVITE sip:+15551234567@203.0.113.1:5060 SIP/2.0',
    'Via: SIP/2.0/UDP 203.0.113.10:5060;rport;branch=z9hG4bKPj3a2f1c9d',
    'Max-Forwards: 70',
    'From: "Alice" <sip:+14155550100@carrier.example>;tag=as58f4201b',
    'To: <sip:+15551234567@203.0.113.1:5060>',
    'Call-ID: 3848276298220188511@203.0.113.10',
    'CSeq: 102 INVITE',
    'Contact: <sip:+14155550100@203.0.113.10:5060>',
    ...headers,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

/** The index of a well-formed message (latin1 text); throws where the message is malformed. */
export function parsed(text: string): SipMessage {
  const bytes = Buffer.from(text, 'latin1')
  const message = new SipMessage()
  const fault = parseMessage(message, bytes, 0, bytes.length)
  if (fault) throw new Error(`${fault.code} at ${fault.offset}`)
  return message
}
