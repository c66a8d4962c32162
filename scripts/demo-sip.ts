/** As much SIP as the demo's two ends need: plain messages, one datagram each. The product's own engine is in `ingress/`. */

export interface DemoRequest {
  readonly method: string
  readonly uri: string
  /** `ADDRESS:PORT` of the sender. */
  readonly local: string
  readonly called: string
  readonly callId: string
  readonly cseq: number
  readonly toTag?: string
  readonly routes?: readonly string[]
}

export function writeRequest(request: DemoRequest): string {
  const { method, uri, local, called, callId, cseq, toTag, routes = [] } = request
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${local};branch=z9hG4bK${callId}${cseq}${method};rport`,
    ...routes.map((route) => `Route: ${route}`),
    'Max-Forwards: 70',
    `From: <sip:+15559876543@${local}>;tag=demo`,
    `To: <sip:${called}@${local}>${toTag === undefined ? '' : `;tag=${toTag}`}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:demo@${local}>`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

/** A response to a request: the lines that RFC 3261 §8.2.6.2 copies, a To tag and a Contact. */
export function writeResponse(request: string, statusLine: string, contact: string): string {
  const copied = headerLines(request).filter((line) => /^(via|record-route|from|to|call-id|cseq):/i.test(line))
  const tagged = copied.map((line) => (/^to:/i.test(line) && !line.includes(';tag=') ? `${line};tag=backend` : line))
  return [`SIP/2.0 ${statusLine}`, ...tagged, `Contact: <${contact}>`, 'Content-Length: 0', '', ''].join('\r\n')
}

/** `INVITE`, or `180 Ringing`. */
export function titleOf(message: string): string {
  const [first = ''] = message.split('\r\n', 1)
  return first.startsWith('SIP/2.0 ') ? first.slice('SIP/2.0 '.length) : (first.split(' ', 1)[0] ?? '')
}

export function statusOf(message: string): number {
  return Number(/^SIP\/2\.0 (\d{3})/.exec(message)?.[1] ?? 0)
}

/** The values of a header, a line each. */
export function headerOf(message: string, name: string): string[] {
  const prefix = `${name.toLowerCase()}:`
  return headerLines(message)
    .filter((line) => line.toLowerCase().startsWith(prefix))
    .map((line) => line.slice(prefix.length).trim())
}

function headerLines(message: string): string[] {
  return (message.split('\r\n\r\n', 1)[0] ?? '').split('\r\n').slice(1)
}
