/** SIP messages for tests: a plain request with all mandatory parts, and the changes to it. */

export interface RequestText {
  readonly method?: string
  readonly uri?: string
  /** Value of the top Via; without it, a Via with `branch`. */
  readonly via?: string
  readonly branch?: string
  readonly from?: string
  readonly to?: string
  readonly callId?: string
  readonly cseq?: number
  readonly maxForwards?: number | null
  readonly contact?: string
  /** More header lines, without line ends. */
  readonly extra?: readonly string[]
  readonly body?: string
}

const CALLER_CONTACT = '<sip:+15559876543@198.51.100.7:5060>'

/** An INVITE from 198.51.100.7:5060 to +15551234567, with the given changes. */
export function requestText(change: RequestText = {}): string {
  const { method = 'INVITE', uri = 'sip:+15551234567@192.0.2.1', body = '', branch = 'z9hG4bK-caller-1' } = change
  const maxForwards = change.maxForwards === null ? [] : [`Max-Forwards: ${change.maxForwards ?? 70}`]
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: ${change.via ?? `SIP/2.0/UDP 198.51.100.7:5060;branch=${branch}`}`,
    ...maxForwards,
    `From: ${change.from ?? '<sip:+15559876543@198.51.100.7>;tag=caller'}`,
    `To: ${change.to ?? '<sip:+15551234567@192.0.2.1>'}`,
    `Call-ID: ${change.callId ?? 'call-1@198.51.100.7'}`,
    `CSeq: ${change.cseq ?? 1} ${method}`,
    `Contact: ${change.contact ?? CALLER_CONTACT}`,
    ...(change.extra ?? []),
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    '',
    body,
  ].join('\r\n')
}

export interface ResponseText {
  readonly toTag?: string
  readonly extra?: readonly string[]
  readonly body?: string
}

/** A backend's response to a request: Via, Record-Route, From, To, Call-ID and CSeq are those of the request. */
export function responseText(request: string, status: number, change: ResponseText = {}): string {
  const { toTag = 'backend', extra = [], body = '' } = change
  const lines = headerLines(request)
  const copied = lines.filter((line) => /^(Via|Record-Route|From|Call-ID|CSeq):/i.test(line))
  const to = lines.find((line) => /^To:/i.test(line)) ?? 'To: <sip:nobody@invalid>'
  const tagged = status === 100 || to.includes(';tag=') ? to : `${to};tag=${toTag}`
  return [
    `SIP/2.0 ${status} Reason`,
    ...copied,
    tagged,
    ...extra,
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    '',
    body,
  ].join('\r\n')
}

/** The status of a response; 0 for a request. */
export function statusOf(message: string): number {
  return Number(/^SIP\/2\.0 (\d{3})/.exec(message)?.[1] ?? 0)
}

/** The method of a request; empty for a response. */
export function methodOf(message: string): string {
  return message.startsWith('SIP/2.0') ? '' : (message.split(' ', 1)[0] ?? '')
}

/** The values of a header by its exact name, a line each. */
export function headerOf(message: string, name: string): string[] {
  return headerLines(message)
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim())
}

function headerLines(message: string): string[] {
  return (message.split('\r\n\r\n', 1)[0] ?? '').split('\r\n').slice(1)
}
