/**
 * Wraps drachtio-srf with correct types. No other module uses the package. The library gets connections that are already open,
 * so that this program controls connecting, TLS and retries. If the library connects by itself, it goes on without TLS after a
 * lost connection, and ends the process if it cannot read a frame.
 */
import { Server, type Socket } from 'node:net'
import Srf from 'drachtio-srf'
import { NOT_WHILE_RINGING } from '../port/answers.ts'
import type { HeaderField } from '../port/engine.ts'
import { createFrameGuard } from './frame-guard.ts'

export interface OutgoingResponse {
  readonly status: number
  readonly reason: string
  readonly headers: readonly HeaderField[]
  readonly body: string
}

export interface OutgoingRequest {
  readonly method: string
  /** The URI of the request. Inside a dialog, the server sends to the target of the dialog instead. */
  readonly uri: string
  /**
   * The URI of the address to which the server sends the request, if `uri` has a name. The server would look up a name by
   * itself, and perhaps find another address. Absent: the server sends to the host of `uri`.
   */
  readonly nextHop?: string | undefined
  /** The server's id of the dialog to which the request belongs. Undefined outside a dialog. */
  readonly dialogId: string | undefined
  readonly headers: readonly HeaderField[]
  readonly body: string
}

/**
 * What the server reports about a response that it had to send: the id of the dialog (`''` outside a dialog), or the reason why
 * the response was not sent.
 */
export type Sent = { readonly dialogId: string } | { readonly failure: string }

/** A request that the server gave to this process. */
export interface HandedRequest {
  readonly method: string
  /** The whole message, as text. */
  readonly text: string
  /** The server's id of the dialog. Outside a dialog, `''`. */
  readonly dialogId: string
  /** The source of the packet. For an ACK, the server does not know the protocol. */
  readonly source: { readonly address: unknown; readonly port: unknown; readonly protocol: unknown }
  /** The `address:port` of the server at which the request arrived. Inside a dialog, `''`. */
  readonly receivedOn: string
  /** Whether this is a BYE that the server sent by itself and only reports here. Such a BYE needs no answer. */
  readonly unsolicited: boolean
  respond(response: OutgoingResponse, onSent?: (sent: Sent) => void): void
  /**
   * Calls `cancelled` once if the caller cancels the INVITE. At that time, the server has already answered 200 to the CANCEL
   * and 487 to the INVITE.
   */
  onCancel(cancelled: (text: string) => void): void
}

/**
 * A response to a request that we sent. `acknowledge` sends the ACK to a 2xx. To any other response, the server sends the ACK
 * by itself.
 */
export interface HandedResponse {
  readonly status: number
  readonly text: string
  readonly dialogId: string
  /**
   * Whether the server made the response itself: 503 if it could send nothing, 408 if nothing came back. Such a response has no
   * source address.
   */
  readonly byServer: boolean
  acknowledge(headers: readonly HeaderField[], body: string): void
}

export interface SendingEvents {
  /**
   * Called if the server did not send the request: it has no transport for the request, or does not know the dialog. No further
   * event follows.
   */
  readonly onFailure: (reason: string) => void
  readonly onResponse: (response: HandedResponse) => void
}

export interface SentRequest {
  /** Asks the server to send a CANCEL. The server waits until a CANCEL may be sent (RFC 3261 §9.1). */
  cancel(headers: readonly HeaderField[]): void
}

export interface ServerConnection {
  readonly open: boolean
  request(request: OutgoingRequest, events: SendingEvents): SentRequest
  /**
   * Asks the server to hand over requests outside dialogs. In the outbound mode this is not needed: the server does so anyway.
   */
  route(methods: readonly string[]): void
  ping(answered: () => void): void
  /** Sends all pending bytes and then the end of the stream. The server then closes the connection. */
  end(): void
  /** Closes the connection immediately. Pending bytes are lost. */
  cut(): void
}

export interface ConnectionEvents {
  readonly onAuthenticated: (version: string) => void
  readonly onRefused: () => void
  readonly onRequest: (request: HandedRequest) => void
  /** Called if the server sent bytes that are not a frame. The connection is closed. */
  readonly onBrokenFrame: () => void
}

type Reply = (tokens: readonly string[]) => void

interface LibraryMessage {
  status: number
  reason: string
  readonly raw: string
}

interface LibraryResponse {
  readonly raw: string
  readonly msg: LibraryMessage
  status: number
  readonly source_address: unknown
  readonly stackDialogId: string | undefined
}

interface LibraryRequest {
  readonly method: string
  readonly raw: string
  readonly source: string
  readonly source_address: unknown
  readonly source_port: unknown
  readonly protocol: unknown
  readonly receivedOn: string | undefined
  readonly stackDialogId: string | undefined
  on(event: 'cancel', listener: (message: { readonly raw: string }) => void): void
  on(event: 'response', listener: (response: LibraryResponse, acknowledge: Acknowledge) => void): void
  on(event: 'update', listener: (request: LibraryRequest, response: LibraryResponse) => void): void
  cancel(options: { headers: Record<string, string> }, sent: () => void): void
}

interface Content {
  readonly headers: Record<string, string>
  readonly body?: string
}

type Acknowledge = (options: Content) => void

interface LibraryAgent {
  readonly mapServer: ReadonlyMap<Socket, { readonly pendingRequests: Map<string, Reply> }>
  readonly wp: { send(socket: Socket, command: string): string }
  sendResponse(response: LibraryResponse, content: Content, onSent: (failure: Error | string | null) => void): void
}

interface Library {
  /**
   * This object reports its events immediately. The library's `Srf` object reports them later, when the first requests have
   * already come.
   */
  readonly app: {
    readonly client: LibraryAgent
    on(event: 'connect', listener: (failure: unknown, hostports: string, version: string | null) => void): void
  }
  use(handle: (request: LibraryRequest, response: LibraryResponse) => void): void
  listen(options: { server: Server; secret: string }): void
  request(
    socket: Socket,
    uri: string,
    options: Content & { method: string; stackDialogId?: string },
    sent: (failure: Error | null, request: LibraryRequest) => void,
  ): void
}

/** The answer to an UPDATE that comes so early that we do not know its dialog yet (RFC 3311 §5.2). */
const NOT_YET: OutgoingResponse = { ...NOT_WHILE_RINGING, body: '' }

/** Speaks the drachtio protocol with the server at the other end of a connected socket. The secret is sent first. */
export function speakDrachtio(socket: Socket, secret: string, events: ConnectionEvents): ServerConnection {
  const library: Library = new Srf() as unknown as Library
  const intake = new Server()
  library.app.on('connect', (failure, _hostports, version) => {
    if (failure) events.onRefused()
    else events.onAuthenticated(version ?? '')
  })
  library.listen({ server: intake, secret })
  const agent = library.app.client
  library.use((request, response) => events.onRequest(handedRequest(agent, request, response)))
  intake.emit('connection', socket)
  guardFrames(socket, events.onBrokenFrame)
  const command = (text: string, reply: Reply): void => {
    const pending = agent.mapServer.get(socket)?.pendingRequests
    if (pending) pending.set(agent.wp.send(socket, text), reply)
  }
  return {
    get open() {
      return agent.mapServer.has(socket) && socket.writable
    },
    request: (request, sending) => sendRequest({ library, agent, socket }, request, sending),
    route: (methods) => {
      for (const method of methods) command(`route|${method}`, () => undefined)
    },
    ping: (answered) => command('ping', answered),
    // `end` leaves the socket open for reading until the server closes the connection. If a socket with unread bytes is closed,
    // the connection is reset, and the last bytes that we sent are lost.
    end: () => socket.end(),
    cut: () => socket.destroy(),
  }
}

/** Puts the frame guard between the socket and the library. At this time, the library already listens to the socket. */
function guardFrames(socket: Socket, onBroken: () => void): void {
  const guard = createFrameGuard()
  const listeners = socket.listeners('data')
  socket.removeAllListeners('data')
  socket.on('data', (chunk: Buffer) => {
    if (guard.accepts(chunk)) {
      for (const listener of listeners) Reflect.apply(listener, socket, [chunk])
      return
    }
    onBroken()
    socket.destroy()
  })
}

function handedRequest(agent: LibraryAgent, request: LibraryRequest, response: LibraryResponse): HandedRequest {
  return {
    method: request.method,
    text: request.raw,
    dialogId: request.stackDialogId ?? '',
    source: { address: request.source_address, port: request.source_port, protocol: request.protocol },
    receivedOn: request.receivedOn ?? '',
    unsolicited: request.source === 'application',
    respond: (answer, onSent) => respond(agent, response, answer, onSent),
    onCancel: (cancelled) => request.on('cancel', (message) => cancelled(message.raw)),
  }
}

/** Does the same as `send` of the library, which cannot be used here: it throws if the library has no name for a status. */
function respond(
  agent: LibraryAgent,
  response: LibraryResponse,
  { status, reason, headers, body }: OutgoingResponse,
  onSent?: (sent: Sent) => void,
): void {
  response.status = status
  response.msg.status = status
  response.msg.reason = reason
  agent.sendResponse(response, contentOf(headers, body), (failure) => {
    if (failure) onSent?.({ failure: failure instanceof Error ? failure.message : failure })
    else onSent?.({ dialogId: response.stackDialogId ?? '' })
  })
}

interface Sender {
  readonly library: Library
  readonly agent: LibraryAgent
  readonly socket: Socket
}

function sendRequest(sender: Sender, request: OutgoingRequest, events: SendingEvents): SentRequest {
  const { library, agent, socket } = sender
  let sent: LibraryRequest | undefined
  let cancelHeaders: readonly HeaderField[] | undefined
  const sendCancel = (): void => sent?.cancel({ headers: headersOf(cancelHeaders ?? []) }, () => undefined)
  if (!agent.mapServer.has(socket)) {
    events.onFailure('the connection to the drachtio-server is lost')
    return { cancel: () => undefined }
  }
  const { method, uri, nextHop, dialogId, headers, body } = request
  const options = {
    method,
    ...(nextHop === undefined ? {} : { proxy: nextHop }),
    ...(dialogId === undefined ? {} : { stackDialogId: dialogId }),
    ...contentOf(headers, body),
  }
  library.request(socket, uri, options, (failure, own) => {
    if (failure) return events.onFailure(failure.message)
    sent = own
    own.on('response', (response, acknowledge) => events.onResponse(handedResponse(response, acknowledge)))
    own.on('update', (_update, response) => respond(agent, response, NOT_YET))
    if (cancelHeaders) sendCancel()
  })
  return {
    cancel: (reasons) => {
      cancelHeaders = reasons
      sendCancel()
    },
  }
}

function handedResponse(response: LibraryResponse, acknowledge: Acknowledge): HandedResponse {
  return {
    status: response.status,
    text: response.raw,
    dialogId: response.stackDialogId ?? '',
    byServer: response.source_address === '' || response.source_address === undefined,
    acknowledge: (headers, body) => acknowledge(contentOf(headers, body)),
  }
}

function contentOf(headers: readonly HeaderField[], body: string): Content {
  return { headers: headersOf(headers), ...(body === '' ? {} : { body }) }
}

/**
 * Puts headers into the form that the library needs: one text for each name. If a name has several values, the text has a whole
 * header line for each value after the first.
 */
function headersOf(fields: readonly HeaderField[]): Record<string, string> {
  const lines = new Map<string, HeaderField>()
  for (const { name, value } of fields) {
    const key = name.toLowerCase()
    const before = lines.get(key)
    lines.set(key, before ? { name: before.name, value: `${before.value}\r\n${name}: ${value}` } : { name, value })
  }
  return Object.fromEntries([...lines.values()].map(({ name, value }) => [name, value]))
}
