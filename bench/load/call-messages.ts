/** The messages of a benchmark call, as a carrier's softswitch and a media server write them. */
import { CALL_MARK, CALLED_MARK, callDigits } from './message-template.ts'

/** Beginning of the branches of the generator's own requests; I, A or B and ten digits follow. */
export const BRANCH = 'z9hG4bKbench'

/** The parts of the 200 to an INVITE that in-dialog requests need. */
export interface Dialog {
  readonly call: number
  /** The Request-URI, from the Contact. */
  readonly target: string
  /** Complete Route lines. */
  readonly routes: string
  /** The To line of the 200 without its line end. */
  readonly to: string
}

const SDP = [
  'v=0',
  'o=carrier 4211 4211 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 8 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n')

/** An INVITE of 900 bytes, with marks for the call and the called number. */
export function inviteText(local: number, server: number): string {
  return [
    `INVITE sip:${CALLED_MARK}@127.0.0.1:${server} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${local};branch=${BRANCH}I${CALL_MARK}`,
    'Max-Forwards: 70',
    `From: "Carrier" <sip:+390212345678@127.0.0.1:${local}>;tag=from${CALL_MARK}`,
    `To: <sip:${CALLED_MARK}@127.0.0.1:${server}>`,
    `Call-ID: ${CALL_MARK}-1a2b3c4d5e6f@127.0.0.1`,
    'CSeq: 1 INVITE',
    `Contact: <sip:+390212345678@127.0.0.1:${local}>`,
    'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO',
    'Supported: timer, replaces',
    'User-Agent: Carrier SBC 7.4',
    `P-Asserted-Identity: <sip:+390212345678@127.0.0.1>`,
    'Content-Type: application/sdp',
    `Content-Length: ${SDP.length}`,
    '',
    SDP,
  ].join('\r\n')
}

/** RFC 3261 §17.1.1.3: the ACK to a refusal has the INVITE's branch and the response's To. */
export function refusalAck(call: number, called: string, ports: { local: number; server: number }, to: string): string {
  return (
    `ACK sip:${called}@127.0.0.1:${ports.server} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP 127.0.0.1:${ports.local};branch=${BRANCH}I${callDigits(call)}\r\nMax-Forwards: 70\r\n` +
    `${fromLine(call, ports.local)}\r\n${to}\r\n${callIdLine(call)}\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n`
  )
}

/** Makes the ACK to a 200, or a BYE. */
export function dialogRequest(method: 'ACK' | 'BYE', dialog: Dialog, local: number): string {
  const { call, target, routes, to } = dialog
  return (
    `${method} ${target} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP 127.0.0.1:${local};branch=${BRANCH}${method[0]}${callDigits(call)}\r\nMax-Forwards: 70\r\n` +
    `${routes}${fromLine(call, local)}\r\n${to}\r\n${callIdLine(call)}\r\n` +
    `CSeq: ${method === 'ACK' ? 1 : 2} ${method}\r\nContent-Length: 0\r\n\r\n`
  )
}

/** The lines that a backend's response copies (RFC 3261 §8.2.6.2), and its To tag. */
export function copiedLines(request: string): string {
  let lines = ''
  let at = request.indexOf('\r\n') + 2
  for (;;) {
    const end = request.indexOf('\r\n', at)
    if (end <= at) return lines
    if (isCopied(request, at)) lines += `${request.slice(at, end)}${addedTag(request, at, end)}\r\n`
    at = end + 2
  }
}

const COPIED = ['Via:', 'Record-Route:', 'From:', 'To:', 'Call-ID:', 'CSeq:']

function isCopied(request: string, at: number): boolean {
  return COPIED.some((name) => request.startsWith(name, at))
}

function addedTag(request: string, at: number, end: number): string {
  return request.startsWith('To:', at) && !request.slice(at, end).includes(';tag=') ? ';tag=backend' : ''
}

/** The first line with this beginning, without its line end; empty where there is none. */
export function lineOf(message: string, name: string): string {
  const at = message.indexOf(`\r\n${name}: `)
  return at === -1 ? '' : message.slice(at + 2, message.indexOf('\r\n', at + 2))
}

/** The Route lines made from the Record-Route lines of a 200, in the order of RFC 3261 §12.1.2. */
export function routeLines(message: string): string {
  const name = '\r\nRecord-Route: '
  let routes = ''
  for (let at = message.indexOf(name); at !== -1; at = message.indexOf(name, at + 1)) {
    const end = message.indexOf('\r\n', at + 2)
    routes = `Route: ${message.slice(at + name.length, end)}\r\n${routes}`
  }
  return routes
}

function fromLine(call: number, local: number): string {
  return `From: "Carrier" <sip:+390212345678@127.0.0.1:${local}>;tag=from${callDigits(call)}`
}

function callIdLine(call: number): string {
  return `Call-ID: ${callDigits(call)}-1a2b3c4d5e6f@127.0.0.1`
}
