/**
 * The lines of facts that a drachtio-server puts before every message for its application, as 0.9.10-1 writes them. Fields that
 * it leaves empty are empty here too, so that tests show whether any code relies on them.
 */

/** The address where the server itself takes SIP. */
const SERVER = { address: '192.0.2.1', port: 5060 } as const

/** The default address of the caller. */
const CALLER = { address: '198.51.100.7', port: 5060 } as const

const TIME = '12:00:00.123456'

/** The sender of a packet, as the server reports it. */
export interface Source {
  readonly address?: string
  readonly port?: string | number
  readonly protocol?: string
}

interface Place {
  readonly transactionId: string
  readonly dialogId: string
}

/** The server's answer to the right secret: each protocol with each address, its version, and the addresses again. */
export function authenticated(version: string): string {
  const listening = ['tcp', 'udp'].map((protocol) => `${protocol}/${SERVER.address}:${SERVER.port}`).join(',')
  return `OK|${listening}|${version}|${listening}`
}

/** Facts of a request from the network. The server has no transport for an ACK, so it cannot name its protocol. */
export function handedRequest(request: string, source: Source, { transactionId, dialogId }: Place): string {
  const { address = CALLER.address, port = CALLER.port, protocol = request.startsWith('ACK ') ? '' : 'udp' } = source
  const receivedOn = dialogId === '' ? `${SERVER.address}|${SERVER.port}|` : ''
  const facts = factsOf('network', Buffer.byteLength(request), [protocol, address, port])
  return `sip|${facts}|${transactionId}|${dialogId}|${receivedOn}\r\n${request}`
}

/** Facts of the caller's CANCEL: the bytes are those of its INVITE, and the dialog exists once a provisional response went out. */
export function handedCancel(cancel: string, invite: string, { transactionId, dialogId }: Place): string {
  const facts = factsOf('network', Buffer.byteLength(invite), ['udp', CALLER.address, CALLER.port])
  return `sip|${facts}|${transactionId}|${dialogId}|\r\n${cancel}`
}

/** Facts of a far end's response to a request of the application. */
export function handedResponse(response: string, from: readonly [string, number], place: Place): string {
  const facts = factsOf('network', Buffer.byteLength(response), ['udp', ...from])
  return `sip|${facts}|${place.transactionId}|${place.dialogId}|\r\n${response}`
}

/** Facts of a final response that the server makes itself, because the far end sent nothing or could not be reached. */
export function ownFinal(response: string, { transactionId, dialogId }: Place): string {
  return `sip|${factsOf('network', 0, ['udp', '', 0])}|${transactionId}|${dialogId}|\r\n${response}`
}

/** Facts of a BYE that the server has sent by itself, reported afterwards. */
export function ownBye(bye: string, dialogId: string): string {
  const facts = factsOf('application', Buffer.byteLength(bye), ['udp', SERVER.address, SERVER.port])
  return `sip|${facts}|unsolicited|${dialogId}|\r\n${bye}`
}

/** Reports that a response of the application was sent. The server still knows the protocol only for responses to an INVITE. */
export function responseSent(response: string, method: string, { transactionId, dialogId }: Place): string {
  const protocol = method === 'INVITE' ? 'udp' : ''
  const facts = factsOf('application', Buffer.byteLength(response), [protocol, CALLER.address, CALLER.port])
  return `OK|${facts}|${transactionId}|${dialogId}||Msg sent:|\r\n${response}`
}

/** Reports that a request of the application was sent. */
export function requestSent(request: string, transactionId: string): string {
  return sentFrom(request, Buffer.byteLength(request), transactionId)
}

/** Reports that a CANCEL of the application will be sent: it has no bytes while it waits for a provisional response. */
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
