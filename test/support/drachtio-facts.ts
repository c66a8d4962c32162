/**
 * The lines of facts that a drachtio-server puts before every message for its application, as 0.9.10-1 writes them. What
 * it leaves empty is left empty here: tests are to find out who relies on it.
 */

/** Where the server itself takes SIP. */
const SERVER = { address: '192.0.2.1', port: 5060 } as const

/** The caller, unless a test says otherwise. */
const CALLER = { address: '198.51.100.7', port: 5060 } as const

const TIME = '12:00:00.123456'

/** Who sent a packet, as the server says it. */
export interface Source {
  readonly address?: string
  readonly port?: string | number
  readonly protocol?: string
}

interface Place {
  readonly transactionId: string
  readonly dialogId: string
}

/** What it answers to the secret: each protocol with each address, its version, and the addresses once more. */
export function authenticated(version: string): string {
  const listening = ['tcp', 'udp'].map((protocol) => `${protocol}/${SERVER.address}:${SERVER.port}`).join(',')
  return `OK|${listening}|${version}|${listening}`
}

/** A request of the network. The server has no transport for an ACK, so that it cannot name its protocol. */
export function handedRequest(request: string, source: Source, { transactionId, dialogId }: Place): string {
  const { address = CALLER.address, port = CALLER.port, protocol = request.startsWith('ACK ') ? '' : 'udp' } = source
  const receivedOn = dialogId === '' ? `${SERVER.address}|${SERVER.port}|` : ''
  const facts = factsOf('network', Buffer.byteLength(request), [protocol, address, port])
  return `sip|${facts}|${transactionId}|${dialogId}|${receivedOn}\r\n${request}`
}

/** The caller's CANCEL: the bytes are those of its INVITE, the dialog is there once a provisional response went out. */
export function handedCancel(cancel: string, invite: string, { transactionId, dialogId }: Place): string {
  const facts = factsOf('network', Buffer.byteLength(invite), ['udp', CALLER.address, CALLER.port])
  return `sip|${facts}|${transactionId}|${dialogId}|\r\n${cancel}`
}

/** A response of a far end to a request of the application. */
export function handedResponse(response: string, from: readonly [string, number], place: Place): string {
  const facts = factsOf('network', Buffer.byteLength(response), ['udp', ...from])
  return `sip|${facts}|${place.transactionId}|${place.dialogId}|\r\n${response}`
}

/** A final response that the server makes itself, because nothing came from the far end or nothing could be sent there. */
export function ownFinal(response: string, { transactionId, dialogId }: Place): string {
  return `sip|${factsOf('network', 0, ['udp', '', 0])}|${transactionId}|${dialogId}|\r\n${response}`
}

/** A BYE that the server has sent by itself, told after the fact. */
export function ownBye(bye: string, dialogId: string): string {
  const facts = factsOf('application', Buffer.byteLength(bye), ['udp', SERVER.address, SERVER.port])
  return `sip|${facts}|unsolicited|${dialogId}|\r\n${bye}`
}

/** That a response of the application went out. Only for those to an INVITE the server still knows the protocol. */
export function responseSent(response: string, method: string, { transactionId, dialogId }: Place): string {
  const protocol = method === 'INVITE' ? 'udp' : ''
  const facts = factsOf('application', Buffer.byteLength(response), [protocol, CALLER.address, CALLER.port])
  return `OK|${facts}|${transactionId}|${dialogId}||Msg sent:|\r\n${response}`
}

/** That a request of the application went out. */
export function requestSent(request: string, transactionId: string): string {
  return sentFrom(request, Buffer.byteLength(request), transactionId)
}

/** That a CANCEL of the application will go out: it has no bytes while it waits for a provisional response. */
export function cancelTaken(cancel: string, transactionId: string, held: boolean): string {
  return sentFrom(cancel, held ? 0 : Buffer.byteLength(cancel), transactionId)
}

function sentFrom(message: string, bytes: number, transactionId: string): string {
  const facts = factsOf('application', bytes, ['udp', SERVER.address, SERVER.port])
  return `OK|${facts}|${transactionId}|Msg sent:|\r\n${message}`
}

type Way = readonly [protocol: string, address: string, port: string | number]

function factsOf(source: 'network' | 'application', bytes: number, way: Way): string {
  return [source, bytes, ...way, TIME].join('|')
}
