/**
 * A drachtio-server for tests: it speaks the protocol between server and applications over real sockets. There is no SIP behind
 * it: tests act as the sender and as the answering side. It behaves as 0.9.10-1 does, and also leaves the same fields empty.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { authenticated } from './drachtio-facts.ts'
import { type Command, commandOf, createFrameReader, frameOf } from './drachtio-frames.ts'
import { createStack, type Stack } from './drachtio-stack.ts'

export type { Source } from './drachtio-facts.ts'
export type { CallerTransaction, SentRequest } from './drachtio-stack.ts'

export interface Manners {
  /** The secret that the server accepts; undefined accepts any, as a real server does. */
  secret: string | undefined
  version: string
  /** Whether the server leaves everything unanswered. */
  silent: boolean
  answersPings: boolean
  /** Bytes that the server writes at a time; undefined: whole frames. */
  piece: number | undefined
  /** Whether the server closes the connection after each message to the application. */
  closesBehindMessages: boolean
  /** Why the server does not send requests of the application; undefined: it sends them. */
  refusesRequests: string | undefined
  /**
   * Whether the server searches for far ends behind NAT, as a real one does by default. It then mistakes an IPv6 backend for
   * one, makes an invalid route of its address, and ends at the ACK.
   */
  detectsNat: boolean
}

export interface DrachtioServer extends Omit<Stack, 'execute'> {
  readonly port: number
  readonly manners: Manners
  /** Number of connections that applications have opened in total; then the number of those that are open. */
  readonly accepted: () => number
  readonly open: () => number
  /** Secrets that the server received. */
  readonly secrets: string[]
  /** Routes that the open connections have asked for. */
  readonly routes: () => string[]
  readonly pings: () => number
  /** Failures that the server has reported to the application. */
  readonly failures: string[]
  /** Sends any payload, or any bytes, to the application. */
  send(payload: string): void
  write(bytes: string): void
  /** Outbound mode: the server connects to an application. */
  connectTo(port: number): Promise<void>
  /** Breaks every connection. */
  cut(): void
  close(): Promise<void>
}

interface Application {
  readonly socket: Socket
  readonly routes: string[]
}

interface State {
  readonly manners: Manners
  readonly applications: Set<Application>
  readonly stack: Stack
  readonly failures: string[]
  readonly secrets: string[]
  accepted: number
  pings: number
  ids: number
}

export interface ServerOptions extends Partial<Manners> {
  /** PEM of a certificate and its key: with these, applications must use TLS. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
  readonly port?: number
}

export async function startDrachtioServer({ tls, port = 0, ...manners }: ServerOptions = {}): Promise<DrachtioServer> {
  const state = newState(manners)
  const serve = (socket: Socket): void => {
    state.accepted++
    serveApplication(state, socket)
  }
  const server: Server = tls ? createTlsServer(tls, serve) : createServer(serve)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const cut = (): void => cutAll(state, tls !== undefined)
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    ...playing(state),
    cut,
    close: async () => {
      server.close()
      for (const { socket } of state.applications) socket.destroy()
      await once(server, 'close')
    },
  }
}

function newState(manners: Partial<Manners>): State {
  const state: State = {
    manners: {
      secret: undefined,
      version: 'v0.9.10-1',
      silent: false,
      answersPings: true,
      piece: undefined,
      closesBehindMessages: false,
      refusesRequests: undefined,
      detectsNat: true,
      ...manners,
    },
    applications: new Set(),
    stack: createStack({
      send: (payload) => send(state, `${idOf(state)}|${payload}`),
      acknowledgesIpv6: () => {
        if (state.manners.detectsNat) cutAll(state, false)
      },
    }),
    failures: [],
    secrets: [],
    accepted: 0,
    pings: 0,
    ids: 0,
  }
  return state
}

function playing(state: State): Omit<DrachtioServer, 'port' | 'cut' | 'close'> {
  const { stack, manners } = state
  const closes = (): void => {
    if (manners.closesBehindMessages) for (const { socket } of state.applications) socket.end()
  }
  return {
    ...stack,
    manners,
    accepted: () => state.accepted,
    open: () => state.applications.size,
    secrets: state.secrets,
    routes: () => [...state.applications].flatMap(({ routes }) => routes),
    pings: () => state.pings,
    failures: state.failures,
    receive: (...request) => {
      const transaction = stack.receive(...request)
      closes()
      return transaction
    },
    send: (payload) => send(state, payload),
    write: (bytes) => {
      for (const { socket } of state.applications) socket.write(bytes)
    },
    connectTo: async (port) => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      serveApplication(state, socket)
    },
  }
}

function cutAll({ applications }: State, gently: boolean): void {
  for (const { socket } of applications) {
    if (gently) socket.destroy()
    else socket.resetAndDestroy()
  }
}

function serveApplication(state: State, socket: Socket): void {
  const application = { socket, routes: [] }
  state.applications.add(application)
  const read = createFrameReader()
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    const payloads = read(chunk)
    if (!payloads) socket.destroy()
    for (const payload of payloads ?? []) execute(state, application, commandOf(payload))
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => state.applications.delete(application))
}

function execute(state: State, application: Application, command: Command): void {
  const { manners } = state
  const [verb = '', second = ''] = command.words
  const reply = (text: string): void => write(state, application, `${idOf(state)}|response|${command.id}|${text}`)
  if (verb === 'authenticate') state.secrets.push(second)
  if (manners.silent) return
  if (verb === 'authenticate') {
    if (manners.secret === undefined || manners.secret === second) return reply(authenticated(manners.version))
    reply('NO|incorrect secret')
    return void application.socket.end()
  }
  if (verb === 'ping') {
    state.pings++
    return manners.answersPings ? reply('OK|pong') : undefined
  }
  if (verb === 'route') {
    application.routes.push(second)
    return reply('OK')
  }
  if (verb !== 'sip') return reply('NO|Unknown message type')
  const fail = (reason: string): void => {
    state.failures.push(reason)
    reply(`NOK|${reason}`)
  }
  const isRequest = !command.message.startsWith('SIP/2.0')
  if (isRequest && manners.refusesRequests !== undefined) return fail(manners.refusesRequests)
  state.stack.execute({ command, reply, fail })
}

function send(state: State, payload: string): void {
  for (const application of state.applications) write(state, application, payload)
}

/** Writes in pieces, each in a turn of its own, so that they arrive separately. */
function write({ manners }: State, { socket }: Application, payload: string): void {
  const frame = frameOf(payload)
  if (manners.piece === undefined) return void socket.write(frame)
  for (let at = 0; at < frame.length; at += manners.piece) socket.write(frame.subarray(at, at + manners.piece))
}

function idOf(state: State): string {
  return `told-${++state.ids}`
}
