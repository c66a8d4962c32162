/**
 * Plays the caller, the backend and the network for calls that never leave the process. It makes the packets of caller and
 * backend. It is also the transport of the engine, and records the packets that the engine sends.
 */
import { hostText, type IpAddress, parseIpAddress } from '../address/ip-address.ts'
import { SIP_PORT } from '../address/port.ts'
import { parseMessage } from '../sip/message/parse-message.ts'
import { SipMessage } from '../sip/message/sip-message.ts'
import { writeResponse } from '../sip/message/write-response.ts'
import type { TransportMakers } from '../sip/native/native-engine.ts'
import type { Flow, LocalEndpoint, TransportEvents } from '../sip/native/transport/transport.ts'
import type { TransportName } from '../sip/port/engine.ts'
import type { MadeUpCall } from './warm-up-table.ts'

/** Addresses for documentation (RFC 5737, RFC 3849). No machine has such an address. */
const LOCAL = ['192.0.2.1', '2001:db8::1'].flatMap((text) => parseIpAddress(text) ?? [])
const NO_RESPONSE = 0

/** The addresses on which the engine seems to listen. */
export const LISTEN = LOCAL.flatMap((address) =>
  (['UDP', 'TCP'] as const).map((transport) => ({ transport, address, port: SIP_PORT })),
)

interface Sent {
  readonly bytes: Buffer
  readonly flow: Flow
}

export interface WarmUpWire {
  readonly makers: TransportMakers
  /** Makes a call. If the call reaches a backend, the backend answers. The caller then hangs up. */
  call(call: MadeUpCall, id: string): void
}

/** The engine's listener for each transport, and the last packets that the engine sent. */
interface Ends {
  readonly events: Map<TransportName, TransportEvents>
  toBackend: Sent | undefined
  toCaller: Buffer | undefined
}

/** Makes the caller, the backend and the transport. Opens no socket. */
export function createWarmUpWire(): WarmUpWire {
  const ends: Ends = { events: new Map(), toBackend: undefined, toCaller: undefined }
  const makers = { UDP: makerOf(ends, 'UDP'), TCP: makerOf(ends, 'TCP') }
  return { makers, call: (made, id) => runCall(ends, made, id) }
}

function makerOf(ends: Ends, name: TransportName): TransportMakers[TransportName] {
  return ({ events }) => {
    ends.events.set(name, events)
    return {
      ...{ name, local: [] },
      bind: async ({ address }) => ({ transport: name, address, port: SIP_PORT }),
      sendRequest: (bytes, to) => {
        const sent = { bytes: Buffer.from(bytes), flow: flowOf(ends, name, to.address) }
        if (!isAck(sent.bytes)) ends.toBackend = sent
      },
      connectedTo: () => false,
      close: async () => undefined,
    }
  }
}

function flowOf(ends: Ends, transport: TransportName, address: IpAddress): Flow {
  return {
    ...{ transport, remoteAddress: address, remotePort: SIP_PORT, local: localOf(transport, address) },
    peer: { transport, address, port: SIP_PORT },
    send: (bytes) => {
      ends.toCaller = Buffer.from(bytes)
      return true
    },
    sendOnce: () => true,
    close: () => undefined,
    open: true,
    hold: () => undefined,
    release: () => undefined,
  }
}

function deliver({ events }: Ends, bytes: Buffer, flow: Flow): void {
  events.get(flow.transport)?.onMessage(bytes, 0, bytes.length, flow)
}

function runCall(ends: Ends, made: MadeUpCall, id: string): void {
  ends.toBackend = undefined
  ends.toCaller = undefined
  const flow = flowOf(ends, made.transport, made.source)
  const send = (parts: Omit<RequestParts, 'id'>): void =>
    deliver(ends, Buffer.from(requestText(made, { id, ...parts }), 'latin1'), flow)
  send({ method: 'INVITE', number: 1 })
  // The first backend answers 503, so the call goes to another backend if the rule has one.
  for (const status of [503, 180, 200]) answer(ends, status)
  if (ends.toCaller === undefined) return
  const inside = dialogOf(ends.toCaller)
  send({ method: 'ACK', number: 1, ...inside })
  if (inside.status > 299) return
  send({ method: 'BYE', number: 2, ...inside })
  answer(ends, 200)
}

/** Sends the backend's answer to the last request that the backend received. */
function answer(ends: Ends, status: number): void {
  const sent = ends.toBackend
  if (sent) deliver(ends, responseTo(sent.bytes, status), sent.flow)
}

/** Whether the request is an ACK, which gets no answer (RFC 3261 §17.1.1.3). */
function isAck(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 4) === 'ACK '
}

function localOf(transport: TransportName, { family }: IpAddress): LocalEndpoint {
  const address = LOCAL.find((one) => one.family === family)
  if (address === undefined) throw new RangeError('a warm-up has an address of either family')
  return { transport, address, port: SIP_PORT }
}

interface Dialog {
  readonly status: number
  readonly to: string
  readonly target: string
  readonly routes: readonly string[]
}

interface RequestParts extends Partial<Dialog> {
  readonly id: string
  readonly method: 'INVITE' | 'ACK' | 'BYE'
  readonly number: number
}

function requestText({ source, transport, called }: MadeUpCall, parts: RequestParts): string {
  const { id, method, number, status = NO_RESPONSE, routes = [] } = parts
  const host = hostText(source)
  const own = `sip:${called}@${hostText(localOf(transport, source).address)}`
  // The ACK to a refusal has the branch of its INVITE, because both belong to one transaction (RFC 3261 §17.1.1.3). Every
  // other request has its own transaction.
  const branch = method === 'INVITE' || (method === 'ACK' && status >= 300) ? id : `${id}${method}`
  return [
    `${method} ${parts.target ?? own} SIP/2.0`,
    `Via: SIP/2.0/${transport} ${host}:${SIP_PORT};branch=z9hG4bK${branch};rport`,
    ...routes.map((route) => `Route: ${route}`),
    'Max-Forwards: 70',
    `From: "Warm-up" <sip:+12025550199@${host}>;tag=${id}`,
    `To: ${parts.to ?? `<${own}>`}`,
    `Call-ID: ${id}@${host}`,
    `CSeq: ${number} ${method}`,
    `Contact: <sip:+12025550199@${host}:${SIP_PORT}>`,
    'X-Remove: 1',
    'Content-Length: 0\r\n\r\n',
  ].join('\r\n')
}

/** The parts of a response that a caller needs for the later requests of the call (RFC 3261 §12.1.2). */
function dialogOf(bytes: Buffer): Partial<Dialog> & Pick<Dialog, 'status'> {
  const response = messageOf(bytes)
  const [to = ''] = response.values('To')
  const [contact] = response.values('Contact')
  const target = /<([^>]+)>/.exec(contact ?? '')?.[1]
  const routes = response.values('Record-Route').reverse()
  const { status } = response
  return { status, to, ...(status < 300 && target !== undefined ? { target, routes } : {}) }
}

function responseTo(request: Buffer, status: number): Buffer {
  const message = messageOf(request)
  const routes = message.values('Record-Route').map((route) => `Record-Route: ${route}\r\n`)
  const extra = `${routes.join('')}Contact: <sip:203.0.113.7>\r\n`
  return writeResponse(message, { status, reason: 'OK', toTag: 'backend', extra })
}

function messageOf(bytes: Buffer): SipMessage {
  const message = new SipMessage()
  parseMessage(message, bytes, 0, bytes.length)
  return message
}
